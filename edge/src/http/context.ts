// What every handler finds in its Hono context.
import type { Deps } from '../deps.ts';
import type { Env } from '../env.ts';
import type { Caller } from '../services/keys/authenticate.ts';

export interface AppEnv {
  Bindings: object;
  Variables: {
    requestId: string;
    env: Env;
    deps: Deps;
    /** Set behind `authenticated`. */
    caller: Caller;
  };
}
