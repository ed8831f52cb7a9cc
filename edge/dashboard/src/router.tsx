// Every address of the dashboard, what it asks of the session, and the chunk that its page lies in.
import { Button, Container, Group } from '@mantine/core';
import { idSchema } from '@tallrec/shared/ids';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { experimentSearchSchema } from './pages/experiments/search.ts';
import { NoAccessPage } from './pages/no-access.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { ErrorAlert } from './parts/alerts.tsx';
import { Loading } from './parts/query-view.tsx';
import { includesScope, sessionQuery } from './queries/session.ts';
import { texts } from './texts.ts';

interface RouterContext {
  queryClient: QueryClient;
}

/** A page of this dashboard and of no other site. */
const backSchema = z.string().regex(/^\/(?![/\\])/);
const tuningsSearchSchema = z.object({
  cursor: z.string().max(200).optional().catch(undefined),
  state: z.enum(['unfinished', 'succeeded', 'failed', 'cancelled']).optional().catch(undefined),
});
const signInSearchSchema = z.object({
  link: z.string().max(200).optional().catch(undefined),
  back: backSchema.optional().catch(undefined),
});
const pageSearchSchema = z.object({ cursor: z.string().max(200).optional().catch(undefined) });
/** Which kinds and states there are, the page knows. */
const datasetsSearchSchema = pageSearchSchema.extend({
  kind: z.string().max(20).optional().catch(undefined),
  state: z.string().max(20).optional().catch(undefined),
});
const newTuningSearchSchema = z.object({
  dataset: z.string().max(200).optional().catch(undefined),
  stage: z.string().max(20).optional().catch(undefined),
});
const auditSearchSchema = pageSearchSchema.extend({
  subject: z.string().max(200).optional().catch(undefined),
  actor: z.string().max(200).optional().catch(undefined),
});

const namedSchema = z.string().max(200).optional().catch(undefined);
/** What the playground asks, by their names; an empty adapter is none. */
const playgroundSearchSchema = z.object({
  model: namedSchema,
  adapter: namedSchema,
  template: namedSchema,
  items: namedSchema,
  dataset: namedSchema,
});
const newScoringSearchSchema = z.object({ dataset: namedSchema, adapter: namedSchema });

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearchSchema,
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: lazyRouteComponent(() => import('./layout/app-layout.tsx'), 'AppLayout'),
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: { back: location.href } });
    return { scopes: session.scopes };
  },
});

/** @throws NotFoundError for what is no id of this kind */
function isIdOf(kind: Parameters<typeof idSchema>[0]) {
  return ({ params: { id } }: { params: { id: string } }) => {
    if (!idSchema(kind).safeParse(id).success) throw notFound();
  };
}

const start = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: NoAccessPage,
  beforeLoad: async ({ context }) => {
    if (!includesScope(context.scopes, 'read')) return;
    const { tuningsQuery } = await import('./queries/tunings.ts');
    const tunings = await context.queryClient.fetchQuery(tuningsQuery({})).catch(() => undefined);
    // Before anything was tuned the first step is data.
    throw redirect({ to: tunings?.items.length === 0 ? '/datasets' : '/tunings', replace: true });
  },
});

const datasets = createRoute({
  getParentRoute: () => app,
  path: '/datasets',
  validateSearch: datasetsSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/datasets/datasets-page.tsx'), 'DatasetsPage'),
});

const newDataset = createRoute({
  getParentRoute: () => app,
  path: '/datasets/new',
  staticData: { needs: ['datasets:write'] },
  component: lazyRouteComponent(() => import('./pages/datasets/new-dataset-page.tsx'), 'NewDatasetPage'),
});

const dataset = createRoute({
  getParentRoute: () => app,
  path: '/datasets/$id',
  staticData: { needs: ['read'] },
  loader: isIdOf('dataset'),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import('./pages/datasets/dataset-page.tsx'), 'DatasetPage'),
});

const tunings = createRoute({
  getParentRoute: () => app,
  path: '/tunings',
  validateSearch: tuningsSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/tunings/tunings-page.tsx'), 'TuningsPage'),
});

const newTuning = createRoute({
  getParentRoute: () => app,
  path: '/tunings/new',
  validateSearch: newTuningSearchSchema,
  staticData: { needs: ['tunings:write'] },
  component: lazyRouteComponent(() => import('./pages/tunings/new-tuning-page.tsx'), 'NewTuningPage'),
});

const tuning = createRoute({
  getParentRoute: () => app,
  path: '/tunings/$id',
  staticData: { needs: ['read'] },
  loader: isIdOf('tuning'),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import('./pages/tunings/tuning-page.tsx'), 'TuningPage'),
});

const adapters = createRoute({
  getParentRoute: () => app,
  path: '/adapters',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/adapters/adapters-page.tsx'), 'AdaptersPage'),
});

const adapter = createRoute({
  getParentRoute: () => app,
  path: '/adapters/$id',
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/adapters/adapter-page.tsx'), 'AdapterPage'),
});

const aliases = createRoute({
  getParentRoute: () => app,
  path: '/aliases',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/aliases/aliases-page.tsx'), 'AliasesPage'),
});

const alias = createRoute({
  getParentRoute: () => app,
  path: '/aliases/$alias',
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/aliases/alias-page.tsx'), 'AliasPage'),
});

const playground = createRoute({
  getParentRoute: () => app,
  path: '/playground',
  validateSearch: playgroundSearchSchema,
  staticData: { needs: ['read', 'score'] },
  component: lazyRouteComponent(() => import('./pages/playground/playground-page.tsx'), 'PlaygroundPage'),
});

const scorings = createRoute({
  getParentRoute: () => app,
  path: '/scorings',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/scorings/scorings-page.tsx'), 'ScoringsPage'),
});

const newScoring = createRoute({
  getParentRoute: () => app,
  path: '/scorings/new',
  validateSearch: newScoringSearchSchema,
  staticData: { needs: ['scorings:write'] },
  component: lazyRouteComponent(() => import('./pages/scorings/new-scoring-page.tsx'), 'NewScoringPage'),
});

const scoring = createRoute({
  getParentRoute: () => app,
  path: '/scorings/$id',
  staticData: { needs: ['read'] },
  loader: isIdOf('scoring'),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import('./pages/scorings/scoring-page.tsx'), 'ScoringPage'),
});

/** Ids, parted by commas. */
const idsSchema = z
  .string()
  .max(1000)
  .regex(/^[a-z0-9_,]*$/)
  .optional()
  .catch(undefined);

const evaluations = createRoute({
  getParentRoute: () => app,
  path: '/evaluations',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/evaluations/evaluations-page.tsx'), 'EvaluationsPage'),
});

const newEvaluation = createRoute({
  getParentRoute: () => app,
  path: '/evaluations/new',
  validateSearch: z.object({
    adapter: z.string().max(200).optional().catch(undefined),
    dataset: z.string().max(200).optional().catch(undefined),
    model: z.string().max(200).optional().catch(undefined),
    method: z.string().max(200).optional().catch(undefined),
  }),
  staticData: { needs: ['evaluations:write'] },
  component: lazyRouteComponent(() => import('./pages/evaluations/new-evaluation-page.tsx'), 'NewEvaluationPage'),
});

const evaluation = createRoute({
  getParentRoute: () => app,
  path: '/evaluations/$id',
  staticData: { needs: ['read'] },
  loader: isIdOf('evaluation'),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import('./pages/evaluations/evaluation-page.tsx'), 'EvaluationPage'),
});

const compare = createRoute({
  getParentRoute: () => app,
  path: '/compare',
  validateSearch: z.object({ tunings: idsSchema, evaluations: idsSchema }),
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/compare/compare-page.tsx'), 'ComparePage'),
});

const experiments = createRoute({
  getParentRoute: () => app,
  path: '/experiments',
  validateSearch: experimentSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/experiments/experiments-page.tsx'), 'ExperimentsPage'),
});

const nodes = createRoute({
  getParentRoute: () => app,
  path: '/nodes',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['read'] },
  component: lazyRouteComponent(() => import('./pages/nodes/nodes-page.tsx'), 'NodesPage'),
});

const keys = createRoute({
  getParentRoute: () => app,
  path: '/keys',
  validateSearch: pageSearchSchema,
  staticData: { needs: ['admin'] },
  component: lazyRouteComponent(() => import('./pages/keys/keys-page.tsx'), 'KeysPage'),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  validateSearch: auditSearchSchema,
  staticData: { needs: ['admin'] },
  component: lazyRouteComponent(() => import('./pages/audit-page.tsx'), 'AuditPage'),
});

/** Inside the frame, so that there is a way on. */
const elsewhere = createRoute({ getParentRoute: () => app, path: '$', component: NotFoundPage });

function Failed({ error }: ErrorComponentProps) {
  return (
    <Container py="lg">
      <ErrorAlert error={error instanceof Error ? error : new Error(String(error))} />
      <Group mt="md">
        <Button variant="default" onClick={() => window.location.reload()}>
          {texts.states.reload}
        </Button>
      </Group>
    </Container>
  );
}

export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      signIn,
      app.addChildren([
        ...[start, datasets, newDataset, dataset, tunings, newTuning, tuning],
        ...[evaluations, newEvaluation, evaluation, compare, experiments],
        ...[adapters, adapter, aliases, alias, playground, scorings, newScoring, scoring],
        ...[nodes, keys, audit, elsewhere],
      ]),
    ]),
    context: { queryClient },
    defaultErrorComponent: Failed,
    defaultNotFoundComponent: NotFoundPage,
    defaultPendingComponent: Loading,
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

/** The frame and the page are on their way while the edge says whose session it is: the router asks for one after the other. */
export function fetchFirstPage(router: ReturnType<typeof newRouter>): void {
  const [routes] = router.getMatchedRoutes(router.latestLocation.pathname);
  if (routes.some(({ id }) => id === app.id)) void router.options.context.queryClient.prefetchQuery(sessionQuery);
  // What cannot be fetched now is told of when the router asks for it.
  for (const route of routes) router.loadRouteChunk(route)?.catch(() => undefined);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
  interface StaticDataRouteOption {
    /** What the session has to be allowed, to see the page. */
    needs?: readonly Scope[];
  }
}
