// Where the dashboard begins.
import './no-eval.ts';
import './styles.ts';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { sessionQuery } from './queries/session.ts';
import { newQueryClient } from './query-client.ts';
import { newRouter } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

const queryClient = newQueryClient((client) => {
  const { pathname, href } = router.state.location;
  if (pathname === '/sign-in') return;
  client.setQueryData(sessionQuery.queryKey, null);
  void router.navigate({ to: '/sign-in', search: { back: href } });
});
const router = newRouter(queryClient);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
