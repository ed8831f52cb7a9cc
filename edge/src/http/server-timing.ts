// The header Server-Timing: `edge` is the whole time on the edge, what handlers put into `timings` stands before it.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './context.ts';

export const serverTiming = createMiddleware<AppEnv>(async (c, next) => {
  c.set('timings', {});
  const startedMs = performance.now();
  await next();
  if (c.res.status === 101) return;
  const entries = Object.entries({ ...c.var.timings, edge: performance.now() - startedMs });
  c.header('Server-Timing', entries.map(([name, ms]) => `${name};dur=${Math.max(0, ms).toFixed(1)}`).join(', '));
});
