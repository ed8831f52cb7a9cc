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

  constructor(api: RelayedApi, send: (frame: NodeFrame) => boolean) {
    this.#api = api;
    this.#send = send;
  }

  async answer({ id, method, path, body, deadlineMs }: RequestFrame): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.set(id, controller);
    const deadline = setTimeout(() => controller.abort(), deadlineMs);
    const answered = await this.#api.answer({ method, path, body, signal });
    clearTimeout(deadline);
    this.#underWay.delete(id);
    const { status, timings } = answered;
    // In the order that the edge's end looks for.
    if (signal.aborted || this.#send({ type: 'response', id, status, timings, body: answered.body })) return;
    const fix = 'Send fewer samples or candidates at once.';
    const tooLarge = new TallrecError('TOO_LARGE', "The node's answer does not fit into a frame of the link.", { fix });
    this.#send(failed(id, tooLarge));
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
