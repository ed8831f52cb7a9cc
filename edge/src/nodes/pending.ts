// Requests on their way through one link: numbered, bounded, timed, and never left without an answer.
import type { LinkResult, RelayResponse } from './link-client.ts';

interface Waiting {
  resolve: (result: LinkResult<RelayResponse>) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class PendingRequests {
  readonly #waiting = new Map<number, Waiting>();
  readonly #timeoutMs: number;
  readonly #max: number;
  /** An object that was away must not reuse a number to which an answer may still come. */
  #nextId = Date.now() * 1000;

  constructor(options: { timeoutMs: number; max: number }) {
    this.#timeoutMs = options.timeoutMs;
    this.#max = options.max;
  }

  /** @param send puts the request on the wire under its number */
  add(send: (id: number) => void): Promise<LinkResult<RelayResponse>> {
    if (this.#waiting.size >= this.#max) {
      const message = `${this.#waiting.size} requests wait for this node. Try again shortly, or add a node.`;
      return Promise.resolve({ ok: false, code: 'NODE_BUSY', message });
    }
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const message = `The node has not answered within ${this.#timeoutMs / 1000} s. Send less at once, or try again.`;
        resolve({ ok: false, code: 'NODE_TIMEOUT', message });
      }, this.#timeoutMs);
      this.#waiting.set(id, { resolve, timer });
      send(id);
    });
  }

  settle(id: number, response: RelayResponse): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve({ ok: true, value: response });
  }

  /** The connection they went out on is no more. */
  failAll(message: string): void {
    for (const { resolve, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      resolve({ ok: false, code: 'NODE_UNAVAILABLE', message });
    }
    this.#waiting.clear();
  }
}
