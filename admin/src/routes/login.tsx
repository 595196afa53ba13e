import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { z } from 'zod';
import { SignIn } from '../features/auth/sign-in.tsx';

/** Only a path of our own: an address given from outside must not lead elsewhere. */
const OWN_PATH = /^\/admin(\/(?![/\\]).*)?$/;

export const Route = createFileRoute('/login')({
  validateSearch: z.object({
    next: z.string().regex(OWN_PATH).catch('/admin/').default('/admin/'),
    problem: z.string().max(64).optional().catch(undefined),
  }),
  component: Login,
});

function Login() {
  const { next, problem } = Route.useSearch();
  const navigate = useNavigate();
  const path = next.replace(/^\/admin/, '') || '/';
  return <SignIn problem={problem} onDone={() => void navigate({ href: path, replace: true })} />;
}
