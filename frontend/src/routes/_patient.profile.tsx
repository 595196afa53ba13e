import { createFileRoute } from '@tanstack/react-router';
import { ProfileShow } from '../features/profile/profile-show.tsx';

export const Route = createFileRoute('/_patient/profile')({ component: ProfileShow });
