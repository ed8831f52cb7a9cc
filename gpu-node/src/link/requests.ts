// Requests that the edge relays to the node's own app: answered under their numbers, ended when nobody waits for them any more.
import { TallrecError } from '@tallrec/shared/errors';
import type { EdgeFrame, NodeFrame } from '@tallrec/shared/wire/link';
import type { ErrorBody } from '@tallrec/shared/wire/page';

export interface RelayedApp {
  request: (path: string, init: RequestInit) => Response | Promise<Response>;
}
type RequestFrame = Extract<EdgeFrame, { type: 'request' }>;

/** Of one connection: on another one the numbers mean nothing. */
export class Requests {
  readonly #app: RelayedApp;
  readonly #send: (frame: NodeFrame) => boolean;
  readonly #log: (line: string) => void;
  readonly #underWay = new Map<number, AbortController>();

  constructor(app: RelayedApp, send: (frame: NodeFrame) => boolean, log: (line: string) => void) {
    this.#app = app;
    this.#send = send;
    this.#log = log;
  }

  async answer({ id, method, path, body, deadlineMs }: RequestFrame): Promise<void> {
    const controller = new AbortController();
    this.#underWay.set(id, controller);
    const deadline = setTimeout(() => controller.abort(), deadlineMs);
    const init: RequestInit = {
      method,
      headers: { 'Content-Type': 'application/json' },
      signal: controller.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    let frame: NodeFrame;
    try {
      const response = await this.#app.request(path, init);
      frame = { type: 'response', id, status: response.status, body: await response.json() };
    } catch (error) {
      if (!controller.signal.aborted) this.#log(`link: ${method} ${path} failed: ${String(error)}`);
      frame = failed(id, new TallrecError('INTERNAL', 'Something went wrong on the node; its log says more.'));
    } finally {
      clearTimeout(deadline);
      this.#underWay.delete(id);
    }
    if (controller.signal.aborted || this.#send(frame)) return;
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
