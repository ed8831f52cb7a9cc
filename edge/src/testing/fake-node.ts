// A node that speaks the link's protocol over a real WebSocket, for tests of the edge.
import { exports } from 'cloudflare:workers';
import {
  type EdgeFrame,
  edgeFrameSchema,
  LINK_PATH,
  LINK_VERSION,
  LINK_VERSION_HEADER,
  type NodeFrame,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import { NODE_PATHS, type NodeTrial, nodeTrialRequestSchema } from '@tallrec/shared/wire/node-api';
import {
  type createdNodeSchema,
  NODE_DOORS,
  type Node,
  type NodeSecret,
  type NodeStatus,
} from '@tallrec/shared/wire/nodes';
import type { z } from 'zod';
import { call } from './client.ts';

export const MODEL = 'tiny';
const PING_MS = 200;
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
  /** Answers requests; without one they stay open, but for trials of adapters. */
  onRequest: ((frame: Frame<'request'>) => { status: number; body: unknown } | undefined) | undefined;
  socket!: WebSocket;
  closed: { code: number; reason: string } | undefined;
  pongs = 0;
  readonly frames: EdgeFrame[] = [];
  #models: NodeStatus['models'] = [];
  #arrived: (() => void)[] = [];
  #pings: ReturnType<typeof setInterval> | undefined;

  private constructor(id: string, secret: string) {
    this.id = id;
    this.secret = secret;
  }

  /** Made in the workspace of the key, or of the default one, and joined. */
  static async create(name = 'fake', key?: string): Promise<FakeNode> {
    const as = key === undefined ? {} : { key };
    const made = await call<z.infer<typeof createdNodeSchema>>('POST', '/v1/nodes', { body: { name }, ...as });
    const joined = await call<NodeSecret>('POST', NODE_DOORS.join, { key: made.body.token });
    return new FakeNode(made.body.node.id, joined.body.secret);
  }

  /** Made, connected, and known with its model. */
  static async joined(status: NodeStatus = nodeStatus(), key?: string): Promise<FakeNode> {
    const node = await FakeNode.create('fake', key);
    await node.connect();
    await node.announce(status, key);
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
    clearInterval(this.#pings);
    this.#pings = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(PING), PING_MS);
    await this.next('welcome');
  }

  /** Its first heartbeat; resolves once the record shows it. */
  async announce(status: NodeStatus = nodeStatus(), key?: string): Promise<void> {
    this.#models = status.models;
    this.send({ type: 'heartbeat', version: LINK_VERSION, status });
    const as = key === undefined ? {} : { key };
    await until(
      async () => (await call<Node>('GET', `/v1/nodes/${this.id}`, as)).body,
      (node) => node.connected && JSON.stringify(node.status) === JSON.stringify(status),
    );
  }

  send(frame: NodeFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Still connected, but no sign of life any more: a machine that sleeps. */
  fallSilent(): void {
    clearInterval(this.#pings);
  }

  /** Gone without a word to the jobs it had. */
  drop(): void {
    clearInterval(this.#pings);
    this.socket.close(1000, 'gone');
  }

  /** The next frame of a kind that has not been taken yet. */
  async next<T extends EdgeFrame['type']>(type: T): Promise<Frame<T>> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.frames.splice(at, 1)[0] as Frame<T>;
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
  }

  /** Adapters are good unless a test says otherwise. */
  #trialOf(body: unknown) {
    const { model, template } = nodeTrialRequestSchema.parse(body);
    const modelHash = this.#models.find(({ name }) => name === model)!.contentHash;
    const golden = { template, precision: 'f32', samples: [{ prompt: 'p', yesLogit: 1, noLogit: 0 }] };
    return { status: 200, body: { golden, modelHash, warnings: [] } satisfies NodeTrial };
  }

  #receive(text: string, socket: WebSocket): void {
    if (text === PONG) {
      this.pongs++;
      return;
    }
    const frame = edgeFrameSchema.parse(JSON.parse(text));
    if (frame.type === 'request') {
      const answer =
        this.onRequest?.(frame) ?? (frame.path === NODE_PATHS.trial ? this.#trialOf(frame.body) : undefined);
      if (answer) socket.send(JSON.stringify({ type: 'response', id: frame.id, ...answer }));
    }
    this.frames.push(frame);
    for (const resolve of this.#arrived.splice(0)) resolve();
  }
}

/** Asks again until it is as expected. */
export async function until<T>(ask: () => Promise<T>, expected: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (expected(value)) return value;
    await scheduler.wait(10);
  }
}

export function dial(secret: string | undefined, version: string | null = String(LINK_VERSION)): Promise<Response> {
  const headers: Record<string, string> = { Upgrade: 'websocket' };
  if (version !== null) headers[LINK_VERSION_HEADER] = version;
  if (secret !== undefined) headers.Authorization = `Bearer ${secret}`;
  return exports.default.fetch(new Request(`https://edge.test${LINK_PATH}`, { headers }));
}
