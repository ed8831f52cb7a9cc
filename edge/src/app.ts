// The edge's API, put together: what every request passes, then one line for each noun.
import { TallrecError } from '@tallrec/shared/errors';
import { newId } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { makeDeps } from './compose.ts';
import { parseEnv } from './env.ts';
import { onError } from './http/errors.ts';
import { notFound } from './http/not-found.ts';
import { openApiDocument } from './http/openapi.ts';
import { requestLog, serverTiming } from './http/request-log.ts';
import { newRouter } from './http/router.ts';
import { securityHeaders } from './http/security-headers.ts';
import { adapters } from './routes/adapters.ts';
import { audit } from './routes/audit.ts';
import { datasets } from './routes/datasets.ts';
import { docs } from './routes/docs.ts';
import { evaluations } from './routes/evaluations.ts';
import { healthRoute } from './routes/health.ts';
import { keys } from './routes/keys.ts';
import { models } from './routes/models.ts';
import { nodes } from './routes/nodes.ts';
import { scoring } from './routes/score.ts';
import { scorings } from './routes/scorings.ts';
import { session } from './routes/session.ts';
import { transfers } from './routes/transfers.ts';
import { tunings } from './routes/tunings.ts';
import { workspaces } from './routes/workspaces.ts';

const base = newRouter();
base.onError(onError);
base.notFound(notFound(base));

base.use(serverTiming);
base.use(securityHeaders);
base.use(async (c, next) => {
  c.set('requestId', newId('request', Date.now()));
  c.header('X-Request-Id', c.var.requestId);
  c.set('env', parseEnv(c.env));
  c.set('deps', makeDeps(c.var.env));
  await next();
});
base.use(requestLog);
// Any origin: what lets a caller in from elsewhere is a header; the cookie of the dashboard holds for its own pages alone.
const anyOrigin = cors({
  origin: '*',
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
  exposeHeaders: [
    ...['X-Request-Id', 'Retry-After', 'ETag', 'Content-Range', 'Idempotency-Replayed', 'Server-Timing', 'Allow'],
    ...['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  ],
  maxAge: 86_400,
});
// It answers any OPTIONS; one that is no preflight asks what the path takes.
base.use('/v1/*', (c, next) =>
  c.req.method === 'OPTIONS' && !c.req.header('Access-Control-Request-Method') ? next() : anyOrigin(c, next),
);
const jsonBodies = bodyLimit({
  maxSize: LIMITS.jsonBodyBytes,
  onError: () => {
    throw new TallrecError('TOO_LARGE', `A body may have ${LIMITS.jsonBodyBytes} bytes.`, {
      fix: 'Send less at once; files go through signed upload URLs.',
    });
  },
});
// Signed transfers stream and check their own lengths.
base.use((c, next) => (c.req.path.startsWith('/v1/transfers/') ? next() : jsonBodies(c, next)));

export const app = base
  .route('/', healthRoute)
  .route(
    '/',
    docs(() => openApiDocument(base)),
  )
  .route('/', session)
  .route('/', workspaces)
  .route('/', keys)
  .route('/', audit)
  .route('/', datasets)
  .route('/', transfers)
  .route('/', tunings)
  .route('/', evaluations)
  .route('/', scorings)
  .route('/', adapters)
  .route('/', models)
  .route('/', nodes)
  .route('/', scoring);
