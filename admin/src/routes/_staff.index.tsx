import { createFileRoute, redirect } from '@tanstack/react-router';
import { may } from '../access.ts';
import { Welcome } from '../shell/Welcome.tsx';

/** The first section of one's role is one's first page. */
export const Route = createFileRoute('/_staff/')({
  beforeLoad: () => {
    if (may('patients')) throw redirect({ to: '/patients' });
  },
  component: Welcome,
});
