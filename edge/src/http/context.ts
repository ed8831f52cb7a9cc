// What every handler finds in its Hono context.
import type { Ctx, Deps } from '../deps.ts';
import type { Env } from '../env.ts';
import type { Caller } from '../services/authenticate.ts';

export interface AppEnv {
  Bindings: object;
  Variables: {
    requestId: string;
    env: Env;
    deps: Deps;
    /** Milliseconds by what took them, for the header Server-Timing; `edge` is added at the end. */
    timings: Record<string, number>;
    /** Set behind the door of `needs` and its like. */
    caller: Caller;
    ctx: Ctx;
    /** Settles once the limiter has answered. A handler of `needs(…, { admission: 'beside' })` awaits it beside its own look-ups. */
    admission: Promise<void>;
  };
}
