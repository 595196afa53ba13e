import './mantine.css.ts';
import '@moya/ui/styles.css';
import { MantineProvider } from '@mantine/core';
import { onSessionChange } from '@moya/api';
import { cssVariablesResolver, mayPass, startLanguages, theme, uiRussian, watchSession } from '@moya/ui';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRouter, RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import russian from './i18n/ru.json';
import { routeTree } from './routeTree.gen.ts';

const RETRIES = 2;
const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 30_000, retry: (count, error) => count < RETRIES && mayPass(error) },
  },
});
const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  scrollRestoration: true,
});
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

async function loadEnglish() {
  const [ui, own] = await Promise.all([import('@moya/ui/en.json'), import('./i18n/en.json')]);
  return { ...ui.default, ...own.default };
}

// A new build took the old chunks away while this page was open: its own reload finds the new ones.
window.addEventListener('vite:preloadError', () => location.reload());

const root = document.getElementById('root');
if (root) {
  await startLanguages({ ...uiRussian, ...russian }, loadEnglish);
  onSessionChange(watchSession(queryClient, () => void router.invalidate()));
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
