// The service's side of an engine process: forks it, calls it, and turns its death into errors that name a cause.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { LocalCheckpoint } from '../train/checkpoint-folder.ts';
import {
  ENGINE_CALLS,
  type EngineComputing,
  type EngineMethod,
  type EngineParams,
  type EngineReply,
  type EngineRequest,
  type EngineResult,
  type EngineRole,
  engineRepliesSchema,
  Outbox,
} from './engine-calls.ts';

export const ENGINE_ENTRY = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

const NAMES: Record<EngineRole, string> = {
  probe: 'probing',
  train: 'training',
  evaluate: 'evaluating',
  score: 'scoring',
  plan: 'planning',
  trial: 'trying',
};

export interface EngineChildOptions {
  computing: EngineComputing;
  /** Another program that speaks the same protocol; for tests. */
  entry?: string;
}

export interface CallOptions {
  onEvent?: (event: NodeEvent) => void;
  /** Called when a whole checkpoint lies on the disk; its folder stays as it is until the next call. */
  onCheckpoint?: (checkpoint: LocalCheckpoint) => void;
  /** Asks the engine to break off; the call ends when it has. */
  signal?: AbortSignal;
  /** Asks the engine to end soon with what it has: the call then ends as a success, or CANCELLED where there is nothing yet. */
  stop?: AbortSignal;
}

interface Pending extends Pick<CallOptions, 'onEvent' | 'onCheckpoint'> {
  method: EngineMethod;
  resolve: (result: unknown) => void;
  reject: (error: TallrecError) => void;
}

/** One engine process, from its start to its end; it is not started again. */
export class EngineChild {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #role: EngineRole;
  readonly #outbox: Outbox<EngineRequest>;
  #nextId = 1;
  #ended: TallrecError | undefined;

  constructor(role: EngineRole, { computing, entry = ENGINE_ENTRY }: EngineChildOptions) {
    this.#role = role;
    this.#child = fork(entry, [role, JSON.stringify(computing)], {
      serialization: 'advanced',
      // Its standard output may not mix into the JSON of a command.
      stdio: ['ignore', 2, 2, 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    // A process that has just died is reported by its exit; the write's own error says less.
    this.#outbox = new Outbox((requests) => this.#child.connected && this.#child.send(requests, () => {}));
    this.#child.on('message', (message) => this.#receive(message));
    this.#child.on('error', (cause) => this.#end(`could not be started: ${cause.message}`));
    this.#child.on('exit', (code, signal) => this.#end(ending(code, signal)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * @throws TallrecError as the engine threw it, or ENGINE_FAILED when the process died before it answered
   */
  call<M extends EngineMethod>(
    method: M,
    params: EngineParams<M>,
    { signal, stop, ...told }: CallOptions = {},
  ): Promise<EngineResult<M>> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) {
      return Promise.reject(new TallrecError('CANCELLED', 'The call was cancelled before it began.'));
    }
    const id = this.#nextId++;
    const onAbort = () => this.#outbox.send({ type: 'abort', id });
    const onStop = () => this.#outbox.send({ type: 'stop', id });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { method, resolve, reject, ...told });
      this.#outbox.send({ type: 'call', id, method, params });
      if (stop?.aborted) onStop();
      signal?.addEventListener('abort', onAbort, { once: true });
      stop?.addEventListener('abort', onStop, { once: true });
    });
    return answer.finally(() => {
      signal?.removeEventListener('abort', onAbort);
      stop?.removeEventListener('abort', onStop);
    }) as Promise<EngineResult<M>>;
  }

  /** Ends the process; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #receive(message: unknown): void {
    const parsed = engineRepliesSchema.safeParse(message);
    if (parsed.success) {
      for (const reply of parsed.data) this.#settle(reply);
      return;
    }
    this.#end(`said something that was not understood: ${parsed.error.issues[0]?.message}`);
    this.#child.kill('SIGKILL');
  }

  #settle(reply: EngineReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.type === 'event') {
      pending.onEvent?.(reply.event);
      return;
    }
    if (reply.type === 'checkpoint') {
      pending.onCheckpoint?.({ step: reply.step, dir: reply.dir });
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.type === 'error') {
      pending.reject(new TallrecError(reply.error.code, reply.error.message));
      return;
    }
    const parsed = ENGINE_CALLS[pending.method].result.safeParse(reply.result);
    if (parsed.success) pending.resolve(parsed.data);
    else pending.reject(this.#failure(`gave an answer that is not one: ${parsed.error.message}`));
  }

  #failure(what: string): TallrecError {
    return new TallrecError('ENGINE_FAILED', `The ${NAMES[this.#role]} process ${what}.`);
  }

  #end(what: string): void {
    this.#ended ??= this.#failure(what);
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') {
    return 'was killed (SIGKILL), by hand or because the machine ran out of memory; a smaller microBatchTokens needs less';
  }
  return signal ? `was ended by ${signal}` : `ended by itself with exit code ${code}`;
}
