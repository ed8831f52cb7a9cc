// One WebSocket to the edge, from dialling to its end: pings, frames in and out, and the certainty that it ends.
import { TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { LIMITS } from '@tallrec/shared/limits';
import {
  type EdgeFrame,
  edgeFrameSchema,
  jobHeadSchema,
  LINK_CLOSES,
  LINK_PATH,
  LINK_VERSION,
  LINK_VERSION_HEADER,
  type NodeFrame,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import { WebSocket } from 'ws';
import { z } from 'zod';

export interface ConnectionOptions {
  edgeUrl: string;
  secret: string;
  /** Called before any frame is. */
  onOpen: (connection: Connection) => void;
  onFrame: (frame: EdgeFrame) => void;
  log: (line: string) => void;
  nowMs: () => number;
  handshakeTimeoutMs: number;
  /** Breaks off the dialling; a connection that stands ends by `close`. */
  signal: AbortSignal;
}

/** After all but `lost` the node does not dial again. */
export type Ending = 'lost' | 'replaced' | 'removed' | 'upgrade';

export const BEATS_PER_LEASE = 4;

const typeSchema = z.looseObject({ type: z.string() });
const unreadJobSchema = z.object({ type: z.literal('job'), job: jobHeadSchema });

export class Connection {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  #heardAtMs: number;
  #heartbeatMs: number = LIMITS.heartbeatMs;
  #pings: NodeJS.Timeout;
  #ending: Ending = 'lost';
  readonly #unknownTypes = new Set<string>();
  /** Resolves when the socket is no more. */
  readonly ended: Promise<Ending>;

  private constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#heardAtMs = options.nowMs();
    this.#pings = setInterval(() => this.#beat(), this.#heartbeatMs);
    this.ended = new Promise((resolve) => {
      socket.once('close', (code) => {
        clearInterval(this.#pings);
        resolve(this.#ending === 'lost' ? endingOf(code) : this.#ending);
      });
    });
    socket.on('error', (error) => options.log(`link: ${error.message}`));
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : String(data)));
  }

  /**
   * @throws TallrecError UNAUTHENTICATED or FORBIDDEN when the edge refuses the secret, UPGRADE_REQUIRED when one of the two is too
   * old for the other; Error when the edge cannot be reached
   */
  static open(options: ConnectionOptions): Promise<Connection> {
    const url = new URL(LINK_PATH, options.edgeUrl);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, {
        headers: { Authorization: `Bearer ${options.secret}`, [LINK_VERSION_HEADER]: String(LINK_VERSION) },
        handshakeTimeout: options.handshakeTimeoutMs,
        maxPayload: LIMITS.frameBytes,
        perMessageDeflate: false,
      });
      const stop = () => socket.terminate();
      options.signal.addEventListener('abort', stop, { once: true });
      const settle = () => options.signal.removeEventListener('abort', stop);
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          settle();
          reject(refusal(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
          socket.terminate();
        });
        response.on('error', reject);
      });
      socket.on('error', (error) => {
        settle();
        reject(
          new Error(`the edge at ${url.origin} cannot be reached: ${error.message || String(error)}`, { cause: error }),
        );
      });
      // Frames may follow the handshake in the same packet: listeners stand before anything is awaited.
      socket.once('open', () => {
        settle();
        socket.removeAllListeners('error');
        const connection = new Connection(socket, options);
        options.onOpen(connection);
        resolve(connection);
      });
    });
  }

  /** Unix time in milliseconds of the last sign of life. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** @returns false when the frame could not be handed to the socket */
  send(frame: NodeFrame): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const text = JSON.stringify(frame);
    if (Buffer.byteLength(text) > LIMITS.frameBytes) {
      this.#options.log(
        `link: a ${frame.type} frame of ${Buffer.byteLength(text)} bytes is too large and was not sent`,
      );
      return false;
    }
    this.#socket.send(text);
    return true;
  }

  /** Ends the socket politely, at once if the other side is silent. */
  close(): void {
    this.#socket.close(1000);
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  #receive(text: string): void {
    this.#heardAtMs = this.#options.nowMs();
    if (text === PONG) return;
    const json = parseJson(text);
    const frame = edgeFrameSchema.safeParse(json);
    if (!frame.success) {
      this.#receiveUnread(json, frame.error.issues[0]?.message ?? '');
      return;
    }
    if (frame.data.type === 'replaced') {
      this.#end('replaced');
      return;
    }
    if (frame.data.type === 'welcome') {
      this.#heartbeatMs = frame.data.leaseMs / BEATS_PER_LEASE;
      clearInterval(this.#pings);
      this.#pings = setInterval(() => this.#beat(), this.#heartbeatMs);
    }
    this.#options.onFrame(frame.data);
  }

  /** Of an edge that is newer: a job goes back to it with the reason, all else can wait for the update. */
  #receiveUnread(json: unknown, problem: string): void {
    const { type } = typeSchema.safeParse(json).data ?? { type: 'no frame' };
    if (type === 'welcome') {
      this.#end('upgrade');
      return;
    }
    const unread = unreadJobSchema.safeParse(json);
    if (unread.success) {
      const { id: job, fence } = unread.data.job;
      this.#options.log(`link: job ${job} is of a form that this version does not know: ${problem}`);
      const message = 'This job is of a kind that the node does not know yet. Update tallrec there.';
      this.send({ type: 'declined', job, fence, error: { code: 'UPGRADE_REQUIRED', message } });
    } else if (!this.#unknownTypes.has(type)) {
      this.#unknownTypes.add(type);
      this.#options.log(`link: a frame from the edge was not understood and is ignored (${type}): ${problem}`);
    }
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.close();
  }

  /** A machine that slept, a cable that was pulled: nothing closes, so silence over two and a half beats ends the socket. */
  #beat(): void {
    if (this.#options.nowMs() - this.#heardAtMs > 2.5 * this.#heartbeatMs) {
      this.#options.log('link: the edge is silent, connecting anew');
      this.#socket.terminate();
    } else if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(PING);
    } else if (this.#socket.readyState !== WebSocket.CONNECTING) {
      this.#socket.terminate();
    }
  }
}

function endingOf(code: number): Ending {
  const last = ['replaced', 'removed', 'upgrade'] as const;
  return last.find((ending) => LINK_CLOSES[ending] === code) ?? 'lost';
}

/** These are not mended by dialling again. */
const LAST_STATUSES: readonly number[] = [401, 403, 426];

function refusal(status: number, text: string): Error {
  if (!LAST_STATUSES.includes(status)) return new Error(`the edge answered ${status} instead of opening the link`);
  const body = errorBodySchema.safeParse(parseJson(text));
  if (status === 426) {
    return body.success ? new TallrecError('UPGRADE_REQUIRED', body.data.error.message) : upgradeRequired();
  }
  if (!body.success) return new Error(`the edge answered ${status} instead of opening the link`);
  return new TallrecError(body.data.error.code, `The edge refused this node: ${body.data.error.message}`);
}

export function upgradeRequired(): TallrecError {
  return new TallrecError(
    'UPGRADE_REQUIRED',
    `This tallrec and the edge do not understand each other: it speaks version ${LINK_VERSION} of the node link, and the edge another.`,
    { fix: 'Update tallrec on this machine to the version of the edge, then start it again.' },
  );
}
