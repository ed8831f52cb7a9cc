// The child's side of the engine protocol: calls run one after the other, but for those that share micro-batches.

import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { LocalCheckpoint } from '../train/checkpoint-folder.ts';
import {
  describeFault,
  ENGINE_CALLS,
  type EngineMethod,
  type EngineReply,
  type EngineRequest,
  type EngineResult,
  engineRequestsSchema,
  Outbox,
  type ParsedParams,
} from './engine-calls.ts';

export interface CallContext {
  /** Aborted: the call is to end, and nobody waits for what it has. */
  signal: AbortSignal;
  /** Aborted: the call is to end soon, as a success with what it has. */
  stop: AbortSignal;
  event(event: NodeEvent): void;
  checkpoint(checkpoint: LocalCheckpoint): void;
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
  const running = new Map<number, Record<'abort' | 'stop', AbortController>>();
  let last: Promise<unknown> = Promise.resolve();

  const outbox = new Outbox<EngineReply>((messages) => {
    if (process.connected) process.send?.(messages);
  });
  const reply = (message: EngineReply) => outbox.send(message);

  async function answer<M extends EngineMethod>(
    id: number,
    method: M,
    params: unknown,
    { signal, stop }: Pick<CallContext, 'signal' | 'stop'>,
  ): Promise<void> {
    if (signal.aborted) throw new TallrecError('CANCELLED', 'The call was cancelled before it began.');
    const call: Engine[M] = engine[method];
    const parsed = ENGINE_CALLS[method].params.parse(params) as ParsedParams<M>;
    const event = (told: NodeEvent) => reply({ type: 'event', id, event: told });
    const checkpoint = ({ step, dir }: LocalCheckpoint) => reply({ type: 'checkpoint', id, step, dir });
    reply({ type: 'result', id, result: await call(parsed, { signal, stop, event, checkpoint }) });
  }

  process.on('disconnect', () => process.exit(1));
  // The service decides when its engines end: Ctrl-C in a terminal reaches the whole process group.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const receive = (request: EngineRequest) => {
    if (request.type !== 'call') {
      running.get(request.id)?.[request.type].abort();
      return;
    }
    const { id, method, params } = request;
    const controllers = { abort: new AbortController(), stop: new AbortController() };
    running.set(id, controllers);
    const ended = (TOGETHER.has(method) ? Promise.resolve() : last)
      .then(() => {
        if (!isMethod(method)) throw new Error(`no engine method is called ${method}`);
        return answer(id, method, params, { signal: controllers.abort.signal, stop: controllers.stop.signal });
      })
      .catch((error) => {
        const fault = describeFault(error);
        if (!(error instanceof TallrecError) || error.message !== fault.message) console.error(error);
        reply({ type: 'error', id, error: fault });
      })
      .finally(() => running.delete(id));
    if (!TOGETHER.has(method)) last = ended;
  };
  process.on('message', (message) => engineRequestsSchema.parse(message).forEach(receive));
}
