import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type EdgeFrame,
  LINK_PATH,
  LINK_VERSION,
  type NodeFrame,
  nodeFrameSchema,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Link } from './link.ts';

const LEASE_MS = 400;
const SECRET = 'tlr_node_secret';

/** The edge's end of the link. */
class FakeEdge {
  readonly server: Server = createServer((_request, response) => response.end());
  readonly sockets: WebSocket[] = [];
  readonly frames: NodeFrame[] = [];
  pings = 0;
  answersPings = true;
  refuses: { status: number; body: unknown } | undefined;

  async start(port = 0): Promise<string> {
    const sockets = new WebSocketServer({ noServer: true });
    this.server.on('upgrade', (request, socket, head) => {
      const known = request.headers.authorization === `Bearer ${SECRET}` && request.url === LINK_PATH;
      if (this.refuses || !known) {
        const { status, body } = this.refuses ?? { status: 404, body: {} };
        const text = JSON.stringify(body);
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (ws) => {
        this.sockets.push(ws);
        ws.on('message', (raw) => {
          const text = String(raw);
          if (text === PING) {
            this.pings++;
            if (this.answersPings) ws.send(PONG);
          } else this.frames.push(nodeFrameSchema.parse(JSON.parse(text)));
        });
        this.send({ type: 'welcome', version: LINK_VERSION, node: 'node_x', leaseMs: LEASE_MS });
      });
    });
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  send(frame: EdgeFrame | { type: 'unheard-of' }): void {
    this.sockets.at(-1)!.send(JSON.stringify(frame));
  }

  stop(): void {
    for (const socket of this.sockets) socket.terminate();
    this.server.close();
  }
}

const status: NodeStatus = {
  version: '0',
  provider: 'cpu',
  precision: 'f32',
  memoryBytes: 1,
  models: [],
  adapters: [],
  runningJob: null,
  queuedRequests: 0,
};

let edge: FakeEdge;
let url: string;
let stop: AbortController;
const calls: string[] = [];
const jobs = {
  accept: vi.fn(async () => {}),
  cancel: vi.fn(async () => {}),
  recorded: vi.fn(async () => {}),
  connected: vi.fn(() => void calls.push('connected')),
  repeatOutcomes: vi.fn(),
  suspend: vi.fn(async () => void calls.push('suspend')),
};
const app = {
  request: async (path: string, init: RequestInit) => {
    if (path === '/large') return Response.json('x'.repeat(2 * 1024 * 1024));
    if (path === '/slow') await new Promise((resolve) => setTimeout(resolve, 50));
    return Response.json({ path, body: init.body ? JSON.parse(String(init.body)) : null }, { status: 201 });
  },
};

function run(): { link: Link; ended: Promise<void> } {
  const pauses = { minPauseMs: 10, maxPauseMs: 50, handshakeTimeoutMs: 500 };
  const link = new Link({
    edgeUrl: url,
    secret: SECRET,
    app,
    jobs,
    status: () => ({ ...status }),
    log: () => {},
    ...pauses,
  });
  const ended = link.run(stop.signal);
  ended.catch(() => {});
  return { link, ended };
}
const connections = (count: number) => vi.waitFor(() => expect(edge.sockets).toHaveLength(count), { timeout: 3000 });
const heartbeats = () => edge.frames.filter(({ type }) => type === 'heartbeat');

beforeEach(async () => {
  vi.clearAllMocks();
  calls.length = 0;
  edge = new FakeEdge();
  url = await edge.start();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  edge.stop();
});

describe('the link', () => {
  it('dials with its secret, announces its jobs before its first heartbeat, and pings four times a lease', async () => {
    jobs.connected.mockImplementationOnce(() => void calls.push(`connected after ${edge.frames.length} frames`));
    const { ended } = run();
    await vi.waitFor(() => expect(edge.pings).toBeGreaterThan(3), { timeout: 3000 });
    expect(calls).toEqual(['connected after 0 frames']);
    expect(heartbeats()).toEqual([{ type: 'heartbeat', version: LINK_VERSION, status }]);
    expect(jobs.repeatOutcomes).toHaveBeenCalled();
    stop.abort();
    await ended;
    expect(edge.sockets).toHaveLength(1);
  });

  it('relays requests to the app, answers under their numbers, and bounds an answer', async () => {
    run();
    await connections(1);
    edge.send({ type: 'request', id: 7, method: 'POST', path: '/slow', body: { a: 1 } });
    edge.send({ type: 'request', id: 8, method: 'GET', path: '/quick' });
    edge.send({ type: 'request', id: 9, method: 'GET', path: '/large' });
    const responses = () => edge.frames.filter((frame) => frame.type === 'response');
    await vi.waitFor(() => expect(responses()).toHaveLength(3));
    const byId = new Map(responses().map((frame) => [frame.id, frame]));
    expect(byId.get(7)).toMatchObject({ status: 201, body: { path: '/slow', body: { a: 1 } } });
    expect(byId.get(8)).toMatchObject({ status: 201, body: { path: '/quick', body: null } });
    expect(byId.get(9)).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE' } } });
  });

  it('hands over jobs, cancels and confirmations, and survives frames of a later version', async () => {
    run();
    await connections(1);
    edge.send({ type: 'unheard-of' });
    edge.sockets[0]!.send('not json');
    edge.send({ type: 'cancel', job: 'a', fence: 2 });
    edge.send({ type: 'recorded', job: 'a', fence: 2 });
    await vi.waitFor(() => expect(jobs.recorded).toHaveBeenCalledWith('a', 2));
    expect(jobs.cancel).toHaveBeenCalledWith('a', 2);
    expect(edge.sockets).toHaveLength(1);
  });

  it('dials again after a connection is closed, broken off or never came about', async () => {
    run();
    await connections(1);
    edge.sockets[0]!.close(1001);
    await connections(2);
    edge.sockets[1]!.terminate();
    await connections(3);
    const { port } = new URL(url);
    edge.stop();
    await vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(3));
    edge = new FakeEdge();
    await edge.start(Number(port));
    await connections(1);
    await vi.waitFor(() => expect(heartbeats()).toHaveLength(1));
  });

  it('dials again when the edge is silent, though the socket is open', async () => {
    run();
    await connections(1);
    edge.answersPings = false;
    await connections(2);
    expect(calls).not.toContain('suspend');
  });

  it('gives up its jobs when the edge has been out of reach for a lease', async () => {
    run();
    await connections(1);
    edge.stop();
    await vi.waitFor(() => expect(calls).toContain('suspend'), { timeout: 3000 });
    expect(jobs.suspend).toHaveBeenCalledTimes(1);
  });

  it('ends when it is replaced, and does not dial again', async () => {
    const { ended } = run();
    await connections(1);
    edge.send({ type: 'replaced' });
    await expect(ended).rejects.toMatchObject({ code: 'CONFLICT' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(edge.sockets).toHaveLength(1);
  });

  it('ends with the edge’s words when its secret is refused', async () => {
    const error = { code: 'UNAUTHENTICATED', message: 'No such node.', requestId: 'r', retryable: false };
    edge.refuses = { status: 401, body: { error } };
    const { ended } = run();
    await expect(ended).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: /No such node.*tallrec serve --token/,
    });
  });

  it('goes on dialling through a fault of the edge', async () => {
    edge.refuses = { status: 502, body: 'bad gateway' };
    run();
    await new Promise((resolve) => setTimeout(resolve, 60));
    edge.refuses = undefined;
    await connections(1);
  });

  it('ends at once when it is told to while it dials', async () => {
    edge.stop();
    const { ended } = run();
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort();
    await ended;
  });
});
