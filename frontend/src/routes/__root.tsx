import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext } from '@tanstack/react-router';
import { Crashed, Missing } from '../shell/Fallbacks.tsx';
import { Frame } from '../shell/Frame.tsx';

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Frame,
  notFoundComponent: Missing,
  errorComponent: Crashed,
});
