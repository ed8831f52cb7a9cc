import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followEdge, Memberships, memberSecret, parseEdgeUrl, rotateSecret, setDraining } from './membership.ts';

const NODE = 'node_01jd3x6k8w5v0e9s2m4q7r1tza';
const TOKEN = 'tlr_join_one';

let home: string;
let edge: string;
let server: Server;
let asked: { path: string | undefined; bearer: string; body: string }[];
/** Answers in place of the edge, so often. */
let faults: { status: number; body: unknown }[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'membership-'));
  [asked, faults] = [[], []];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bearer = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const body = Buffer.concat(chunks).toString();
      asked.push({ path: request.url, bearer, body });
      const fault = faults.shift();
      if (fault) response.writeHead(fault.status).end(JSON.stringify(fault.body));
      else if (request.url?.endsWith('/drain')) response.end(JSON.stringify({ node: NODE, ...JSON.parse(body) }));
      else response.end(JSON.stringify({ node: NODE, secret: `tlr_node_${asked.length}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true });
});

const member = (token?: string) => memberSecret({ home, edge, token, nowMs: () => 0, pauseMs: 1 });
const refusal = (code: string, message: string) => ({ error: { code, message, requestId: 'r', retryable: false } });

describe('a machine becomes a node', () => {
  it('by a token that is exchanged once; later starts need none, and its user alone can read the secret', async () => {
    expect(await (await member(TOKEN))()).toBe('tlr_node_1');
    expect(asked).toEqual([{ path: '/internal/nodes/join', bearer: TOKEN, body: '' }]);
    expect(await (await member())()).toBe('tlr_node_1');
    expect(await (await member(TOKEN))()).toBe('tlr_node_1');
    expect(asked).toHaveLength(1);

    const [name] = await readdir(join(home, 'nodes'));
    expect(name).toBe(`127.0.0.1_${new URL(edge).port}.json`);
    const modes = [join(home, 'nodes'), join(home, 'nodes', name!)].map(
      async (path) => (await stat(path)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
    const text = await readFile(join(home, 'nodes', name!), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ edge, node: NODE, secret: 'tlr_node_1' });
    expect(text).not.toContain(TOKEN);
  });

  it('and stays it where the edge is at another port than before', async () => {
    await member(TOKEN);
    const moved = edge.replace(/\d+$/, '1');
    await followEdge(home, moved);
    await followEdge(home, moved);
    expect((await new Memberships(home).list()).map(({ edge, node }) => [edge, node])).toEqual([[moved, NODE]]);
    expect(await (await memberSecret({ home, edge: moved, token: TOKEN, nowMs: () => 0 }))()).toBe('tlr_node_1');
    expect(asked).toHaveLength(1);
  });

  it('anew by another token', async () => {
    await member(TOKEN);
    expect(await (await member('tlr_join_two'))()).toBe('tlr_node_2');
    expect(await (await member())()).toBe('tlr_node_2');
  });

  it('by a secret that it is given, which is not kept', async () => {
    expect(await (await member('tlr_node_given'))()).toBe('tlr_node_given');
    expect(await readdir(home)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('though the edge is away for a moment', async () => {
    faults = [{ status: 503, body: 'no' }];
    expect(await (await member(TOKEN))()).toBe('tlr_node_2');
  });

  it('and is told how to get a token where it has none, or not the right one', async () => {
    const fix = /POST \/v1\/nodes/;
    await expect(member()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: fix });
    await expect(member('tlr_an_api_key')).rejects.toMatchObject({ code: 'TOKEN_INVALID', message: fix });
    faults = [{ status: 401, body: refusal('UNAUTHENTICATED', 'This join token was used. POST /v1/nodes makes one.') }];
    await expect(member(TOKEN)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: fix });
    expect(asked).toHaveLength(1);
    server.closeAllConnections();
    server.close();
    await expect(member(TOKEN)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /cannot be reached/ });
  });

  it('and a file that is damaged is named, without its content', async () => {
    await member(TOKEN);
    const path = join(home, 'nodes', `127.0.0.1_${new URL(edge).port}.json`);
    await writeFile(path, '{"secret":"tlr_node_1');
    const read = member();
    await expect(read).rejects.toMatchObject({ message: expect.stringContaining(path) });
    await expect(read).rejects.not.toMatchObject({ message: expect.stringContaining('tlr_node_1') });
  });
});

describe('a node', () => {
  it('has its secret rotated while it runs', async () => {
    const secret = await member(TOKEN);
    await rotateSecret(new Memberships(home), edge);
    expect(asked.at(-1)).toEqual({ path: '/internal/nodes/rotate', bearer: 'tlr_node_1', body: '' });
    expect(await secret()).toBe('tlr_node_2');
    await rm(join(home, 'nodes'), { recursive: true });
    expect(await secret()).toBe('tlr_node_2');
  });

  it('can be drained, and given work again', async () => {
    await member(TOKEN);
    const memberships = new Memberships(home);
    for (const draining of [true, false]) {
      await setDraining(memberships, edge, draining);
      expect(asked.at(-1)).toMatchObject({ bearer: 'tlr_node_1', body: JSON.stringify({ draining }) });
    }
    await expect(setDraining(memberships, 'http://other.test', true)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await memberships.list()).toMatchObject([{ edge, node: NODE }]);
  });
});

it('an edge is named by a URL', () => {
  expect(parseEdgeUrl('https://edge.example/some/path')).toBe('https://edge.example');
  for (const wrong of ['edge.example', 'ftp://edge.example', '']) expect(() => parseEdgeUrl(wrong)).toThrow(/https:/);
});
