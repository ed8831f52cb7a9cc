// What the Workers runtime runs: exports only.
import { app } from './app.ts';
import { makeDeps } from './deps.ts';
import { parseEnv } from './env.ts';
import { runSweeps } from './sweeps.ts';

export { RateLimiter } from './http/rate-limiter.ts';
export { NodeLink } from './nodes/node-link.ts';
export { EvaluationWorkflow } from './workflows/evaluation.ts';
export { TuningWorkflow } from './workflows/tuning.ts';
export { ValidationWorkflow } from './workflows/validation.ts';

export default {
  fetch: app.fetch,
  scheduled: (_event, bindings) => runSweeps(makeDeps(parseEnv(bindings))),
} satisfies ExportedHandler<object>;
