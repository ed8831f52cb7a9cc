// The WebSockets of one node: which is the present one, when it was last heard, and how to talk to it.
import type { EdgeFrame } from '@tallrec/shared/wire/link';
import { z } from 'zod';

/** What a socket remembers through hibernation. */
const attachmentSchema = z.object({
  connection: z.number().int(),
  connectedAtMs: z.number(),
  /** Whether it has said, by its first heartbeat, which jobs it has. */
  announced: z.boolean(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

export class NodeSockets {
  readonly #ctx: DurableObjectState;
  /** The socket of the present connection, once it was looked for. */
  #present: WebSocket | undefined;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get #connection(): number {
    return this.#ctx.storage.kv.get<number>('connection') ?? 0;
  }

  /** From now on it is the present one. */
  accept(socket: WebSocket, nowMs: number): void {
    const connection = this.#connection + 1;
    this.#ctx.storage.kv.put('connection', connection);
    this.#ctx.acceptWebSocket(socket);
    this.#present = socket;
    socket.serializeAttachment({ connection, connectedAtMs: nowMs, announced: false } satisfies Attachment);
  }

  /** Whether it is the present one, as far as that can be told without asking. */
  isKnown(socket: WebSocket): boolean {
    return socket === this.#present;
  }

  /** The socket of the present connection while it is open: one that is closed stays listed. */
  present(): WebSocket | undefined {
    if (this.#present?.readyState === WebSocket.OPEN) return this.#present;
    const connection = this.#connection;
    this.#present = this.#ctx
      .getWebSockets()
      .find((socket) => socket.readyState === WebSocket.OPEN && this.attachmentOf(socket)?.connection === connection);
    return this.#present;
  }

  attachmentOf(socket: WebSocket): Attachment | undefined {
    return attachmentSchema.safeParse(socket.deserializeAttachment()).data;
  }

  isPresent({ connection }: Attachment): boolean {
    return connection === this.#connection;
  }

  /** Of a socket that is no more, as it was kept. */
  heardAtMs(socket: WebSocket | undefined): number {
    if (!socket) return this.#ctx.storage.kv.get<number>('heardAtMs') ?? 0;
    const answeredAtMs = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return Math.max(answeredAtMs, this.attachmentOf(socket)?.connectedAtMs ?? 0);
  }

  keepHeard(socket: WebSocket): number {
    const heardAtMs = this.heardAtMs(socket);
    this.#ctx.storage.kv.put('heardAtMs', heardAtMs);
    return heardAtMs;
  }
}

export function sendFrame(socket: WebSocket, frame: EdgeFrame): void {
  sendText(socket, JSON.stringify(frame));
}

export function sendText(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // It closed at this moment: webSocketClose follows and settles what waits.
  }
}

export function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Closed already.
  }
}
