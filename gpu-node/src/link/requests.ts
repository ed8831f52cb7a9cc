// Requests that the edge relays to this node: answered under their numbers, ended when nobody waits for them any more.
import { TallrecError } from '@tallrec/shared/errors';
import type { AnswerTimings, EdgeFrame, NodeFrame } from '@tallrec/shared/wire/link';
import type { ErrorBody } from '@tallrec/shared/wire/page';

export interface RelayedApi {
  answer(request: { method: string; path: string; body: unknown; signal: AbortSignal }): Promise<{
    status: number;
    body: unknown;
    timings?: AnswerTimings | undefined;
  }>;
}
type RequestFrame = Extract<EdgeFrame, { type: 'request' }>;

/** Of one connection: on another one the numbers mean nothing. */
export class Requests {
  readonly #api: RelayedApi;
  readonly #send: (frame: NodeFrame) => boolean;
  readonly #underWay = new Map<number, AbortController>();
  /** Set once nothing new is taken; called when nothing is under way any more. */
  #drained: (() => void) | undefined;

  constructor(api: RelayedApi, send: (frame: NodeFrame) => boolean) {
    this.#api = api;
    this.#send = send;
  }

  async answer({ id, method, path, body, deadlineMs }: RequestFrame): Promise<void> {
    if (this.#drained) {
      this.#send(failed(id, new TallrecError('NODE_UNAVAILABLE', 'This node is ending.')));
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.set(id, controller);
    const deadline = setTimeout(() => controller.abort(), deadlineMs);
    const answered = await this.#api.answer({ method, path, body, signal });
    clearTimeout(deadline);
    if (!signal.aborted) this.#respond(id, answered);
    this.#settle(id);
  }

  #settle(id: number): void {
    this.#underWay.delete(id);
    if (this.#underWay.size === 0) this.#drained?.();
  }

  #respond(id: number, { status, timings, body }: Awaited<ReturnType<RelayedApi['answer']>>): void {
    // In the order that the edge's end looks for.
    if (this.#send({ type: 'response', id, status, timings, body })) return;
    const fix = 'Send fewer samples or candidates at once.';
    const tooLarge = new TallrecError('TOO_LARGE', "The node's answer does not fit into a frame of the link.", { fix });
    this.#send(failed(id, tooLarge));
  }

  /** Takes nothing new from now on. Resolves when what was under way is answered, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    if (this.#underWay.size === 0) return;
    const limit = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(limit);
  }

  abort(id: number): void {
    this.#underWay.get(id)?.abort();
  }

  /** The connection is no more. */
  abortAll(): void {
    for (const controller of this.#underWay.values()) controller.abort();
  }
}

function failed(id: number, { code, message, retryable, status }: TallrecError): NodeFrame {
  const body: ErrorBody = { error: { code, message, retryable, requestId: `link-${id}` } };
  return { type: 'response', id, status, body };
}
