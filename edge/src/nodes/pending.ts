// Requests on their way through one link: numbered, bounded, timed, and never left without an answer.
import { LIMITS } from '@tallrec/shared/limits';
import type { LinkResult, RelayResponse } from '../deps.ts';

interface Waiting {
  call: string;
  sentAtMs: number;
  timeoutMs: number;
  resolve: (result: LinkResult<RelayResponse>) => void;
}

export class PendingRequests {
  readonly #waiting = new Map<number, Waiting>();
  readonly #timeoutMs: number;
  readonly #max: number;
  /** An object that was away must not reuse a number to which an answer may still come. */
  #nextId = Date.now() * 1000;
  /** One for all of them, for the first that is due. */
  #timer: { dueMs: number; handle: ReturnType<typeof setTimeout> } | undefined;

  constructor(options: { timeoutMs: number; max: number }) {
    this.#timeoutMs = options.timeoutMs;
    this.#max = options.max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * @param call the caller's own name of it
   * @param send puts the request on the wire under its number, to be answered within so many milliseconds
   */
  add(
    call: string,
    deadlineMs: number | undefined,
    send: (id: number, deadlineMs: number) => void,
  ): Promise<LinkResult<RelayResponse>> {
    if (this.#waiting.size >= this.#max) {
      const message = `${this.#waiting.size} requests wait for this node. Try again shortly, or add a node.`;
      return Promise.resolve({ ok: false, code: 'NODE_BUSY', message });
    }
    const id = this.#nextId++;
    const timeoutMs = Math.max(1, Math.min(deadlineMs ?? this.#timeoutMs, this.#timeoutMs));
    return new Promise((resolve) => {
      const sentAtMs = Date.now();
      this.#waiting.set(id, { call, sentAtMs, timeoutMs, resolve });
      this.#arm(sentAtMs + timeoutMs, timeoutMs);
      send(id, timeoutMs);
    });
  }

  settle(id: number, answer: Pick<RelayResponse, 'status' | 'body' | 'timings'>): void {
    const waiting = this.#take(id);
    if (!waiting) return;
    const nodeMs = Date.now() - waiting.sentAtMs;
    waiting.resolve({ ok: true, value: { ...answer, inFlight: this.#waiting.size, nodeMs } });
  }

  /** Nobody waits for it any more. @returns its number, to tell the node */
  abort(call: string): number | undefined {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.call !== call) continue;
      this.#take(id);
      waiting.resolve({ ok: false, code: 'CANCELLED', message: 'The caller has gone.' });
      return id;
    }
    return undefined;
  }

  /** The connection they went out on is no more. */
  failAll(message: string): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#take(id)!.resolve({ ok: false, code: 'NODE_UNAVAILABLE', message });
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    // An object with a timer stays awake.
    if (this.#waiting.size === 0) this.#disarm();
    return waiting;
  }

  #arm(dueMs: number, inMs: number): void {
    if (this.#timer && this.#timer.dueMs <= dueMs) return;
    this.#disarm();
    this.#timer = { dueMs, handle: setTimeout(() => this.#expire(), inMs) };
  }

  #disarm(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }

  #expire(): void {
    const dueMs = this.#timer?.dueMs ?? 0;
    const nowMs = Math.max(Date.now(), dueMs);
    this.#timer = undefined;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [id, { sentAtMs, timeoutMs, resolve }] of this.#waiting) {
      if (sentAtMs + timeoutMs > nowMs) {
        nextMs = Math.min(nextMs, sentAtMs + timeoutMs);
        continue;
      }
      this.#waiting.delete(id);
      const message = `The node has not answered within ${timeoutMs / 1000} s. Send less at once, or try again.`;
      resolve({ ok: false, code: 'NODE_TIMEOUT', message });
    }
    if (this.#waiting.size > 0) this.#arm(nextMs, nextMs - nowMs);
  }
}

const ANSWER =
  /^\{"type":"response","id":(\d+),"status":(\d{3})(?:,"timings":\{"queueMs":([\d.]+),"engineMs":([\d.]+)\})?,"body":/;

/** An answer as nodes write it. Its body goes on as it is, and is parsed by whoever asked. */
export function readAnswer(
  text: string,
): ({ id: number } & Pick<RelayResponse, 'status' | 'body' | 'timings'>) | undefined {
  const head = text.length <= LIMITS.frameBytes && text.endsWith('}') ? ANSWER.exec(text) : null;
  if (!head) return undefined;
  const body = text.slice(head[0].length, -1);
  const timings = head[3] === undefined ? undefined : { queueMs: Number(head[3]), engineMs: Number(head[4]) };
  return { id: Number(head[1]), status: Number(head[2]), body, timings };
}
