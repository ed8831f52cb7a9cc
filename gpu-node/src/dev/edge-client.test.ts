import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EdgeClient } from './edge-client.ts';

let server: Server;
afterEach(() => server.close());

/** Sends one event a connection, then breaks it off; the third ends the tuning. `silent` connections send none. */
async function flakyEdge(silent = false): Promise<{ client: EdgeClient; resumedFrom: string[] }> {
  const resumedFrom: string[] = [];
  server = createServer((request, response) => {
    resumedFrom.push(String(request.headers['last-event-id']));
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const seq = resumedFrom.length;
    const event = { type: 'state', state: seq === 3 ? 'succeeded' : 'running', error: null };
    if (!silent) response.write(`data: ${JSON.stringify({ seq, at: new Date(0).toISOString(), event })}\n\n`);
    else response.write(': still here\n\n');
    setTimeout(() => response.destroy(), 20);
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  return { client: new EdgeClient(`http://localhost:${port}`, 'key'), resumedFrom };
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

it('takes a stream of events up where its connection broke off', async () => {
  const { client, resumedFrom } = await flakyEdge();
  const events = await all(client.events('tun_1'));
  expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(resumedFrom).toEqual(['0', '1', '2']);
});

it('gives up where connection after connection breaks off without an event', async () => {
  const { client, resumedFrom } = await flakyEdge(true);
  await expect(all(client.events('tun_1'))).rejects.toThrow();
  expect(resumedFrom).toHaveLength(5);
});
