// Where the dashboard begins.
import './no-eval.ts';
import './styles.ts';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { sessionEndedQuery, sessionQuery } from './queries/session.ts';
import { newQueryClient } from './query-client.ts';
import { fetchFirstPage, newRouter } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

const queryClient = newQueryClient((client) => {
  // Who had not signed in is led to do so by the router.
  if (router.state.location.pathname === '/sign-in') return;
  if (client.getQueryData(sessionQuery.queryKey)) client.setQueryData(sessionEndedQuery.queryKey, true);
});
const router = newRouter(queryClient);
fetchFirstPage(router);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
