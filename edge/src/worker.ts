// What the Workers runtime runs: exports only.
import { app } from './app.ts';
import { makeDeps } from './compose.ts';
import { parseEnv } from './env.ts';
import { runSweeps } from './sweeps.ts';

export { JobFeed } from './feeds/job-feed.ts';
export { RateLimiter } from './http/rate-limiter.ts';
export { NodeLink } from './nodes/node-link.ts';
export { JobWorkflow } from './workflows/job.ts';
export { ValidationWorkflow } from './workflows/validation.ts';

export default {
  fetch: app.fetch,
  scheduled: (_event, bindings) => runSweeps(makeDeps(parseEnv(bindings))),
} satisfies ExportedHandler<object>;
