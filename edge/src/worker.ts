// What the Workers runtime runs: exports only.
import { app } from './app.ts';

export { RateLimiter } from './http/rate-limiter.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<object>;
