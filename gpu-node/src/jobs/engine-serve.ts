// The child's side of the engine protocol: calls run one after the other, but for those that share micro-batches.

import { TallrecError } from '@tallrec/shared/errors';
import type { JobProgress } from '@tallrec/shared/wire/link';
import {
  describeFault,
  ENGINE_CALLS,
  type EngineMethod,
  type EngineReply,
  type EngineResult,
  engineRequestSchema,
  type ParsedParams,
} from './engine-calls.ts';

export interface CallContext {
  signal: AbortSignal;
  progress(progress: JobProgress): void;
}

/** What an engine process can do; one method a call. */
export type Engine = {
  [M in EngineMethod]: (params: ParsedParams<M>, context: CallContext) => Promise<EngineResult<M>>;
};

/** These are begun as they come. */
const TOGETHER: ReadonlySet<string> = new Set<EngineMethod>(['score', 'rank']);

function isMethod(method: string): method is EngineMethod {
  return Object.hasOwn(ENGINE_CALLS, method);
}

/** Serves `engine` to the parent process. A parent that is gone, even one killed outright, closes the channel: then this ends too. */
export function serveEngine(engine: Engine): void {
  const running = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();

  const reply = (message: EngineReply) => {
    if (process.connected) process.send?.(message);
  };

  async function answer<M extends EngineMethod>(id: number, method: M, params: unknown, signal: AbortSignal) {
    const call: Engine[M] = engine[method];
    const parsed = ENGINE_CALLS[method].params.parse(params) as ParsedParams<M>;
    const result = await call(parsed, { signal, progress: (progress) => reply({ type: 'progress', id, progress }) });
    reply({ type: 'result', id, result });
  }

  process.on('disconnect', () => process.exit(1));
  // The service decides when its engines end: Ctrl-C in a terminal reaches the whole process group.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('message', (message) => {
    const request = engineRequestSchema.parse(message);
    if (request.type === 'abort') {
      running.get(request.id)?.abort();
      return;
    }
    const { id, method, params } = request;
    const controller = new AbortController();
    running.set(id, controller);
    const ended = (TOGETHER.has(method) ? Promise.resolve() : last)
      .then(() => {
        if (!isMethod(method)) throw new Error(`no engine method is called ${method}`);
        return answer(id, method, params, controller.signal);
      })
      .catch((error) => {
        if (!(error instanceof TallrecError)) console.error(error);
        reply({ type: 'error', id, error: describeFault(error) });
      })
      .finally(() => running.delete(id));
    if (!TOGETHER.has(method)) last = ended;
  });
}
