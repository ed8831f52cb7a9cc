import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type EdgeFrame,
  LINK_CLOSES,
  LINK_PATH,
  LINK_VERSION,
  LINK_VERSION_HEADER,
  type NodeFrame,
  nodeFrameSchema,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Link, type LinkOptions } from './link.ts';

const LEASE_MS = 400;
const SECRET = 'tlr_node_secret';
const ROTATED = 'tlr_node_rotated';

/** The edge's end of the link. */
class FakeEdge {
  readonly server: Server = createServer((_request, response) => response.end());
  readonly sockets: WebSocket[] = [];
  readonly frames: NodeFrame[] = [];
  readonly secrets: string[] = [];
  readonly versions: unknown[] = [];
  welcomes: unknown = { type: 'welcome', version: LINK_VERSION, node: 'node_x', leaseMs: LEASE_MS };
  pings = 0;
  answersPings = true;
  refuses: { status: number; body: unknown } | undefined;

  async start(port = 0): Promise<string> {
    const sockets = new WebSocketServer({ noServer: true });
    this.server.on('upgrade', (request, socket, head) => {
      const secret = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const known = [SECRET, ROTATED].includes(secret) && request.url === LINK_PATH;
      this.secrets.push(secret);
      this.versions.push(request.headers[LINK_VERSION_HEADER.toLowerCase()]);
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
        this.send(this.welcomes);
      });
    });
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  send(frame: EdgeFrame | unknown): void {
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
let secret: string;
let stop: AbortController;
const calls: string[] = [];
const logged: string[] = [];
const jobs = {
  accept: vi.fn(async () => {}),
  cancel: vi.fn(async () => {}),
  stop: vi.fn(async () => {}),
  verdict: vi.fn(async () => {}),
  acknowledged: vi.fn(),
  connected: vi.fn(() => void calls.push('connected')),
  repeat: vi.fn(),
  suspend: vi.fn(async () => void calls.push('suspend')),
};
const api: LinkOptions['api'] = {
  answer: async ({ path, body, signal }) => {
    if (path === '/large') return { status: 200, body: 'x'.repeat(2 * 1024 * 1024) };
    if (path === '/endless') {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          calls.push(`${path} ended`);
          resolve();
        });
      });
    }
    if (path === '/slow') await new Promise((resolve) => setTimeout(resolve, 300));
    const timings = path === '/quick' ? { queueMs: 1.5, engineMs: 2 } : undefined;
    return { status: 201, body: { path, body: body ?? null }, timings };
  },
};

function run(drainMs = 1000): { link: Link; ended: Promise<void> } {
  const pauses = { minPauseMs: 10, maxPauseMs: 50, handshakeTimeoutMs: 500 };
  const link = new Link({
    edgeUrl: url,
    secret: async () => secret,
    api,
    jobs,
    status: () => ({ ...status }),
    log: (line) => logged.push(line),
    ...pauses,
    drainMs,
  });
  const ended = link.run(stop.signal);
  ended.catch(() => {});
  return { link, ended };
}
const connections = (count: number) => vi.waitFor(() => expect(edge.sockets).toHaveLength(count), { timeout: 3000 });
const responses = () => edge.frames.filter((frame) => frame.type === 'response');
const heartbeats = () => edge.frames.filter(({ type }) => type === 'heartbeat');

beforeEach(async () => {
  vi.clearAllMocks();
  calls.length = 0;
  logged.length = 0;
  secret = SECRET;
  edge = new FakeEdge();
  url = await edge.start();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  edge.stop();
});

describe('the link', () => {
  it('dials with its secret and version, announces its jobs before its first heartbeat, and pings four times a lease', async () => {
    jobs.connected.mockImplementationOnce(() => void calls.push(`connected after ${edge.frames.length} frames`));
    const { ended } = run();
    await vi.waitFor(() => expect(edge.pings).toBeGreaterThan(3), { timeout: 3000 });
    expect(calls).toEqual(['connected after 0 frames']);
    expect(heartbeats()).toEqual([{ type: 'heartbeat', version: LINK_VERSION, status }]);
    expect(jobs.repeat).toHaveBeenCalled();
    expect(edge.versions).toEqual([String(LINK_VERSION)]);
    stop.abort();
    await ended;
    expect(edge.sockets).toHaveLength(1);
  });

  it('relays requests to the app, answers under their numbers, and bounds an answer', async () => {
    run();
    await connections(1);
    edge.send({ type: 'request', id: 7, method: 'POST', path: '/slow', deadlineMs: 5000, body: { a: 1 } });
    edge.send({ type: 'request', id: 8, method: 'GET', path: '/quick', deadlineMs: 5000 });
    edge.send({ type: 'request', id: 9, method: 'GET', path: '/large', deadlineMs: 5000 });
    await vi.waitFor(() => expect(responses()).toHaveLength(3));
    const byId = new Map(responses().map((frame) => [frame.id, frame]));
    expect(byId.get(7)).toMatchObject({ status: 201, body: { path: '/slow', body: { a: 1 } } });
    expect(byId.get(8)).toMatchObject({
      status: 201,
      timings: { queueMs: 1.5, engineMs: 2 },
      body: { path: '/quick', body: null },
    });
    expect(byId.get(9)).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE' } } });
  });

  it('ends requests that nobody waits for: aborted, past their deadline, or of a connection that is no more', async () => {
    run();
    await connections(1);
    edge.send({ type: 'request', id: 1, method: 'GET', path: '/endless', deadlineMs: 60_000 });
    edge.send({ type: 'request', id: 2, method: 'GET', path: '/endless', deadlineMs: 20 });
    await vi.waitFor(() => expect(calls.filter((call) => call === '/endless ended')).toHaveLength(1));
    edge.send({ type: 'abort', id: 1 });
    edge.send({ type: 'abort', id: 99 });
    await vi.waitFor(() => expect(calls.filter((call) => call === '/endless ended')).toHaveLength(2));
    edge.send({ type: 'request', id: 3, method: 'GET', path: '/endless', deadlineMs: 60_000 });
    edge.send({ type: 'request', id: 4, method: 'GET', path: '/quick', deadlineMs: 60_000 });
    await vi.waitFor(() => expect(responses().map(({ id }) => id)).toEqual([4]));
    edge.sockets[0]!.terminate();
    await vi.waitFor(() => expect(calls.filter((call) => call === '/endless ended')).toHaveLength(3));
    expect(logged.filter((line) => line.includes('/endless'))).toEqual([]);
  });

  it('hands over jobs, cancels, stops, verdicts and acknowledgements', async () => {
    run();
    await connections(1);
    edge.send({ type: 'cancel', job: 'a', fence: 2 });
    edge.send({ type: 'stop', job: 'b', fence: 3 });
    edge.send({ type: 'acknowledged', job: 'a', fence: 2, seq: 17 });
    edge.send({ type: 'verdict', job: 'a', fence: 2, verdict: 'applied' });
    await vi.waitFor(() => expect(jobs.verdict).toHaveBeenCalledWith('a', 2, 'applied'));
    expect(jobs.cancel).toHaveBeenCalledWith('a', 2);
    expect(jobs.stop).toHaveBeenCalledWith('b', 3);
    expect(jobs.acknowledged).toHaveBeenCalledWith('a', 2, 17);
  });

  it('ignores frames that it does not know, and declines a job that it cannot read', async () => {
    run();
    await connections(1);
    for (let at = 0; at < 3; at++) edge.send({ type: 'unheard-of' });
    edge.sockets[0]!.send('not json');
    edge.send({ type: 'job', job: { id: 'j', fence: 4, kind: 'of a later version' } });
    const message = expect.stringMatching(/Update tallrec/);
    await vi.waitFor(() =>
      expect(edge.frames).toContainEqual({
        type: 'declined',
        job: 'j',
        fence: 4,
        error: { code: 'UPGRADE_REQUIRED', message },
      }),
    );
    expect(jobs.accept).not.toHaveBeenCalled();
    expect(logged.filter((line) => line.includes('unheard-of'))).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
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

  it.each([
    ['is replaced', (socket: WebSocket) => socket.send(JSON.stringify({ type: 'replaced' })), 'CONFLICT', /elsewhere/],
    ['is replaced', (socket: WebSocket) => socket.close(LINK_CLOSES.replaced), 'CONFLICT', /elsewhere/],
    ['is removed', (socket: WebSocket) => socket.close(LINK_CLOSES.removed), 'UNAUTHENTICATED', /Join anew/],
    ['is too old', (socket: WebSocket) => socket.close(LINK_CLOSES.upgrade), 'UPGRADE_REQUIRED', /Update tallrec/],
  ])('ends when it %s, and does not dial again', async (_how, end, code, message) => {
    const { ended } = run();
    await connections(1);
    end(edge.sockets[0]!);
    await expect(ended).rejects.toMatchObject({ code, message });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(edge.sockets).toHaveLength(1);
  });

  it('ends when the edge welcomes it in another version', async () => {
    edge.welcomes = { type: 'welcome', version: LINK_VERSION + 1, node: 'node_x', leaseMs: LEASE_MS };
    const { ended } = run();
    await expect(ended).rejects.toMatchObject({ code: 'UPGRADE_REQUIRED', message: /Update tallrec/ });
    expect(jobs.connected).not.toHaveBeenCalled();
  });

  it.each([
    [401, 'UNAUTHENTICATED', 'No such node.'],
    [426, 'UPGRADE_REQUIRED', 'The edge speaks version 3.'],
  ])('ends with the edge’s words when it answers %i', async (status, code, message) => {
    edge.refuses = { status, body: { error: { code, message, requestId: 'r', retryable: false } } };
    const { ended } = run();
    await expect(ended).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(edge.secrets).toHaveLength(1);
  });

  it('ends with words of its own where a door in between says that it is too old', async () => {
    edge.refuses = { status: 426, body: 'Upgrade Required' };
    await expect(run().ended).rejects.toMatchObject({ code: 'UPGRADE_REQUIRED', message: /Update tallrec/ });
  });

  it('dials with the secret as it is then', async () => {
    run();
    await connections(1);
    secret = ROTATED;
    edge.sockets[0]!.terminate();
    await connections(2);
    expect(edge.secrets).toEqual([SECRET, ROTATED]);
  });

  it('goes on dialling through a fault of the edge', async () => {
    edge.refuses = { status: 502, body: 'bad gateway' };
    run();
    await new Promise((resolve) => setTimeout(resolve, 60));
    edge.refuses = undefined;
    await connections(1);
  });

  it('answers what it was asked before it is told to end, and nothing after that', async () => {
    const { ended } = run();
    await connections(1);
    edge.send({ type: 'request', id: 1, method: 'GET', path: '/slow', deadlineMs: 5000 });
    edge.send({ type: 'request', id: 2, method: 'GET', path: '/quick', deadlineMs: 5000 });
    await vi.waitFor(() => expect(responses()).toHaveLength(1));
    stop.abort();
    edge.send({ type: 'request', id: 3, method: 'GET', path: '/quick', deadlineMs: 5000 });
    await ended;
    await vi.waitFor(() => expect(edge.sockets[0]!.readyState).toBe(WebSocket.CLOSED));
    const answers = responses().map(({ id, status, body }) => [id, status, body]);
    expect(answers).toEqual([
      [2, 201, expect.anything()],
      [3, 503, { error: expect.objectContaining({ code: 'NODE_UNAVAILABLE', retryable: true }) }],
      [1, 201, { path: '/slow', body: null }],
    ]);
    expect(edge.sockets).toHaveLength(1);
  });

  it('ends without what takes too long once it is told to', async () => {
    const { ended } = run(30);
    await connections(1);
    edge.send({ type: 'request', id: 1, method: 'GET', path: '/endless', deadlineMs: 60_000 });
    edge.send({ type: 'request', id: 2, method: 'GET', path: '/quick', deadlineMs: 5000 });
    await vi.waitFor(() => expect(responses()).toHaveLength(1));
    stop.abort();
    await ended;
    expect(calls).toContain('/endless ended');
    expect(responses().map(({ id }) => id)).toEqual([2]);
  });

  it('ends at once when it is told to while it dials', async () => {
    edge.stop();
    const { ended } = run();
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort();
    await ended;
  });
});
