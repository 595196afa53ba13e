import { restoreSession } from '@moya/api';
import { createFileRoute, Outlet, redirect } from '@tanstack/react-router';

/** Everything below belongs to a signed-in patient; staff who share the browser are strangers here. */
export const Route = createFileRoute('/_patient')({
  codeSplitGroupings: [],
  beforeLoad: async ({ location }) => {
    const session = await restoreSession();
    if (!session?.roles.includes('patient'))
      throw redirect({ to: '/login', search: { next: location.href } });
  },
  component: Outlet,
});
