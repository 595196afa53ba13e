import { restoreSession } from '@moya/api';
import { createFileRoute, redirect } from '@tanstack/react-router';
import { isStaff } from '../access.ts';
import { Shell } from '../shell/Shell.tsx';

/** Everything below belongs to staff; a patient who shares the browser is a stranger here. */
export const Route = createFileRoute('/_staff')({
  beforeLoad: async ({ location }) => {
    const session = await restoreSession();
    if (!session || !isStaff(session.roles))
      throw redirect({ to: '/login', search: { next: `/admin${location.href}` } });
  },
  component: Shell,
});
