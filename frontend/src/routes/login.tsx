import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { SignIn } from '../features/auth/sign-in.tsx';

/** Only a path of our own: an address given from outside must not lead elsewhere. */
const ownPath = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';

export const Route = createFileRoute('/login')({
  validateSearch: (search: Record<string, unknown>) => ({ next: ownPath(search.next) }),
  component: Login,
});

function Login() {
  const { next } = Route.useSearch();
  const navigate = useNavigate();
  return <SignIn onDone={() => void navigate({ href: next, replace: true })} />;
}
