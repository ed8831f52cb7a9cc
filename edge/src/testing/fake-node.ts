// A node that speaks the link's protocol over a real WebSocket, for tests of the edge.
import { exports } from 'cloudflare:workers';
import {
  type EdgeFrame,
  edgeFrameSchema,
  LINK_PATH,
  LINK_VERSION,
  type NodeFrame,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import type { createdNodeSchema, NodeStatus } from '@tallrec/shared/wire/nodes';
import type { z } from 'zod';
import { call } from './client.ts';

export const MODEL = 'tiny';
export const HASH = 'ab'.repeat(32);

export function nodeStatus(change: Partial<NodeStatus> = {}): NodeStatus {
  const size = { parameters: 1, layers: 1, hiddenSize: 8, vocabSize: 10, contextTokens: 64 };
  return {
    version: '0',
    provider: 'cpu',
    precision: 'f32',
    memoryBytes: 1,
    models: [{ name: MODEL, contentHash: HASH, ...size }],
    adapters: [],
    runningJob: null,
    queuedRequests: 0,
    ...change,
  };
}

type Frame<T extends EdgeFrame['type']> = Extract<EdgeFrame, { type: T }>;

export class FakeNode {
  readonly id: string;
  readonly secret: string;
  /** Answers requests; without one they stay open. */
  onRequest: ((frame: Frame<'request'>) => { status: number; body: unknown } | undefined) | undefined;
  socket!: WebSocket;
  closed: { code: number; reason: string } | undefined;
  pongs = 0;
  readonly frames: EdgeFrame[] = [];
  #arrived: (() => void)[] = [];

  private constructor(id: string, secret: string) {
    this.id = id;
    this.secret = secret;
  }

  static async create(name = 'fake'): Promise<FakeNode> {
    const { body } = await call<z.infer<typeof createdNodeSchema>>('POST', '/v1/nodes', { body: { name } });
    return new FakeNode(body.node.id, body.secret);
  }

  /** Made, connected, and known with its model. */
  static async joined(status: NodeStatus = nodeStatus()): Promise<FakeNode> {
    const node = await FakeNode.create();
    await node.connect();
    await node.announce(status);
    return node;
  }

  async connect(): Promise<void> {
    const response = await dial(this.secret);
    if (!response.webSocket) throw new Error(`refused: ${response.status} ${await response.text()}`);
    const socket = response.webSocket;
    this.socket = socket;
    this.closed = undefined;
    socket.addEventListener('message', ({ data }) => this.#receive(String(data), socket));
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket === this.socket) this.closed = { code, reason };
    });
    socket.accept();
    await this.next('welcome');
  }

  /** Its first heartbeat; resolves once the record shows it. */
  async announce(status: NodeStatus = nodeStatus()): Promise<void> {
    this.send({ type: 'heartbeat', version: LINK_VERSION, status });
    for (;;) {
      const { body } = await call<{ connected: boolean; status: NodeStatus | null }>('GET', `/v1/nodes/${this.id}`);
      if (body.connected && JSON.stringify(body.status) === JSON.stringify(status)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  send(frame: NodeFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  ping(): void {
    this.socket.send(PING);
  }

  /** The next frame of a kind that has not been taken yet. */
  async next<T extends EdgeFrame['type']>(type: T): Promise<Frame<T>> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.frames.splice(at, 1)[0] as Frame<T>;
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
  }

  #receive(text: string, socket: WebSocket): void {
    if (text === PONG) {
      this.pongs++;
      return;
    }
    const frame = edgeFrameSchema.parse(JSON.parse(text));
    if (frame.type === 'request') {
      const answer = this.onRequest?.(frame);
      if (answer) socket.send(JSON.stringify({ type: 'response', id: frame.id, ...answer }));
    }
    this.frames.push(frame);
    for (const resolve of this.#arrived.splice(0)) resolve();
  }
}

export function dial(secret: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { Upgrade: 'websocket' };
  if (secret !== undefined) headers.Authorization = `Bearer ${secret}`;
  return exports.default.fetch(new Request(`https://edge.test${LINK_PATH}`, { headers }));
}
