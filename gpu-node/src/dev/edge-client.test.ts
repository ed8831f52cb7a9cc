import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { samplingSchema } from '@tallrec/shared/interactions';
import { afterEach, describe, expect, it } from 'vitest';
import { EdgeClient } from './edge-client.ts';

const ID = '01jd3x6k8w5v0e9s2m4q7r1tza';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function edge(answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void): EdgeClient {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks)));
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  return new EdgeClient(`http://localhost:${port}`, 'key', { pauseMs: 5 });
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('a stream of events', () => {
  const asked: string[] = [];
  afterEach(() => {
    asked.length = 0;
  });

  /** Sends one event a connection, then breaks it off; `end` says what the third connection does. */
  const flaky = (end: 'terminal' | 'nothing more' | 'never an event') =>
    edge((request, response) => {
      asked.push(`${request.url} ${request.headers['last-event-id']}`);
      const seq = asked.length;
      if (end === 'nothing more' && seq === 3) {
        response.writeHead(204).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const state = end === 'terminal' && seq === 3 ? 'succeeded' : 'running';
      const event = { type: 'state', state, node: null, error: null };
      if (end === 'never an event') response.write(': still here\n\n');
      else response.write(`data: ${JSON.stringify({ seq, at: new Date(0).toISOString(), event })}\n\n`);
      setTimeout(() => response.destroy(), 20);
    });

  it('is taken up where its connection broke off, for every kind of job', async () => {
    const events = await all(flaky('terminal').events('tuning', 'tun_1'));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(asked).toEqual([0, 1, 2].map((last) => `/v1/tunings/tun_1/events ${last}`));
    server.close();
    asked.length = 0;
    await all(flaky('terminal').events('scoring', 'scr_1'));
    expect(asked[0]).toBe('/v1/scorings/scr_1/events 0');
  });

  it('ends where the edge has nothing more to tell', async () => {
    const events = await all(flaky('nothing more').events('evaluation', 'eval_1'));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(asked).toHaveLength(3);
  });

  it('is given up where connection after connection breaks off without an event', async () => {
    await expect(all(flaky('never an event').events('tuning', 'tun_1'))).rejects.toThrow();
    expect(asked).toHaveLength(5);
  });
});

describe('an upload', () => {
  const bytes = new TextEncoder().encode('0123456789');
  const dataset = {
    id: `ds_${ID}`,
    name: 'n',
    kind: 'samples',
    format: 'jsonl',
    state: 'ready',
    bytes: 10,
    sha256: null,
    badRows: 'refuse',
    sampling: samplingSchema.parse({}),
    columns: null,
    createdBy: 'key',
    stats: null,
    facts: null,
    warnings: [],
    errorCount: 0,
    rowErrors: [],
    createdAt: new Date(0).toISOString(),
    updatedAt: new Date(0).toISOString(),
  };

  /** Takes parts of four bytes; `harm` may spoil a part's arrival. */
  function uploads(harm: (part: number, response: ServerResponse) => boolean) {
    const received = new Map<number, string>();
    const puts: number[] = [];
    const client = edge((request, response, body) => {
      const url = `http://${request.headers.host}`;
      const upload = () => ({
        mode: 'multipart',
        id: `up_${ID}`,
        partBytes: 4,
        parts: [4, 4, 2].map((size, at) => ({
          part: at + 1,
          bytes: size,
          url: `${url}/put/${at + 1}`,
          received: received.has(at + 1),
        })),
        expiresAt: new Date(0).toISOString(),
      });
      const json = (value: unknown) => response.end(JSON.stringify(value));
      if (request.method === 'PUT') {
        const part = Number(request.url!.split('/').at(-1));
        puts.push(part);
        if (harm(part, response)) return;
        const hash = createHash('sha256').update(body).digest('hex');
        expect(request.headers).toMatchObject({ 'content-length': String(body.length), 'x-content-sha256': hash });
        received.set(part, body.toString());
        json({});
        return;
      }
      const answers: Record<string, () => unknown> = {
        'POST /v1/datasets': () => ({ dataset, upload: upload() }),
        [`GET /v1/datasets/${dataset.id}/upload`]: upload,
        [`POST /v1/datasets/${dataset.id}/complete`]: () => dataset,
        [`GET /v1/datasets/${dataset.id}`]: () => dataset,
      };
      const known = answers[`${request.method} ${request.url}`];
      if (known) json(known());
      else response.writeHead(404).end();
    });
    return { client, received, puts };
  }
  const send = (client: EdgeClient) => client.upload({ name: 'n', kind: 'samples', format: 'jsonl' }, bytes);

  it('goes on with the parts that have not arrived', async () => {
    let broken = 0;
    const { client, received, puts } = uploads((part, response) => {
      if (part !== 2 || broken++ > 1) return false;
      if (broken === 1) response.destroy();
      else response.writeHead(503).end('{}');
      return true;
    });
    expect(await send(client)).toMatchObject({ state: 'ready' });
    expect([...received.values()]).toEqual(['0123', '4567', '89']);
    expect(puts).toEqual([1, 2, 2, 2, 3]);
  });

  it('ends where the edge refuses it', async () => {
    const error = { code: 'TOKEN_INVALID', message: 'no', requestId: 'r', retryable: false };
    const { client, puts } = uploads((_part, response) => {
      response.writeHead(401).end(JSON.stringify({ error }));
      return true;
    });
    await expect(send(client)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    expect(puts).toEqual([1]);
  });
});
