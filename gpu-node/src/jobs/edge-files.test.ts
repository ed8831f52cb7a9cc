import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterId } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterCache } from './adapter-cache.ts';
import { EdgeFiles } from './edge-files.ts';

const FAST = { minPauseMs: 5, retries: 3 };
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

let dir: string;
let server: Server;
let url: string;
let requests: string[];
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'files-'));
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const refuse = (response: ServerResponse, status: number, code: string) =>
  response.writeHead(status).end(JSON.stringify({ error: { code, message: 'no', requestId: 'r', retryable: false } }));

describe('files from and to the edge', () => {
  it('are whole, though connections break', async () => {
    const content = 'rows\n'.repeat(50_000);
    handle = (_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      if (requests.length < 3) response.write(content.slice(0, 1000), () => response.destroy());
      else response.end(content);
    };
    const target = join(dir, 'rows');
    const { sha256: hash, bytes } = await new EdgeFiles(url).download('/d', target, FAST);
    expect({ hash, bytes, tries: requests.length }).toEqual({ hash: sha256(content), bytes: content.length, tries: 3 });
    expect(await readFile(target, 'utf8')).toBe(content);
  });

  it('are not asked for again when the edge says no, and leave nothing behind', async () => {
    handle = (_request, response) => refuse(response, 404, 'NOT_FOUND');
    await expect(new EdgeFiles(url).download('/d', join(dir, 'x'), FAST)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(requests).toHaveLength(1);
    expect(await readdir(dir)).toEqual([]);
  });

  it('say that the edge is out of reach when it stays so', async () => {
    server.closeAllConnections();
    server.close();
    const download = new EdgeFiles(url).download('/d', join(dir, 'x'), FAST);
    await expect(download).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE', message: /ECONNREFUSED/ });
  });

  it('go to the edge and nowhere else', () => {
    expect(() => new EdgeFiles(url).download('//elsewhere.test/d', join(dir, 'x'))).toThrow(/not the edge/);
  });

  it('are bounded', async () => {
    handle = (_request, response) => response.end('x'.repeat(100));
    const download = new EdgeFiles(url).download('/d', join(dir, 'x'), { ...FAST, maxBytes: 99 });
    await expect(download).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('are sent with their length and checksum', async () => {
    const source = join(dir, 'source');
    await writeFile(source, 'bytes');
    let seen: unknown;
    handle = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { 'content-length': length, 'x-content-sha256': hash, 'transfer-encoding': coding } = request.headers;
        seen = { length, hash, coding, body: Buffer.concat(chunks).toString() };
        response.end('{}');
      });
    };
    await new EdgeFiles(url).upload('/u', source, FAST);
    expect(seen).toEqual({ length: '5', hash: sha256('bytes'), coding: undefined, body: 'bytes' });
  });

  it('are not sent again under a stale fence', async () => {
    await writeFile(join(dir, 's'), 'bytes');
    handle = (request, response) => {
      request.resume();
      refuse(response, 409, 'STALE_FENCE');
    };
    await expect(new EdgeFiles(url).upload('/u', join(dir, 's'), FAST)).rejects.toMatchObject({ code: 'STALE_FENCE' });
    expect(requests).toHaveLength(1);
  });
});

describe('the adapter cache', () => {
  const files = { '/config': '{"r":8}', '/weights': 'weights' };
  const named = async (weights = files['/weights']): Promise<JobAdapter> => ({
    id: await adapterId({ configSha256: sha256(files['/config']), weightsSha256: sha256(weights) }),
    configPath: '/config',
    weightsPath: '/weights',
    golden: null,
    blend: null,
  });
  beforeEach(() => {
    handle = (request, response) => response.end(files[request.url as keyof typeof files]);
  });
  const open = (options = {}) => AdapterCache.open(join(dir, 'adapters'), new EdgeFiles(url), options);

  it('fetches an adapter once, for all that ask, and finds it after a restart', async () => {
    const cache = await open();
    const adapter = await named();
    const places = await Promise.all([cache.locate(adapter), cache.locate(adapter)]);
    expect(requests.sort()).toEqual(['GET /config', 'GET /weights']);
    expect(await readFile(join(places[0]!.dir, 'adapter_model.safetensors'), 'utf8')).toBe('weights');
    const later = await open();
    expect(later.ids()).toEqual([adapter.id]);
    await later.locate(adapter);
    expect(requests).toHaveLength(2);
  });

  it('refuses bytes that are not what the name says, and harms no other', async () => {
    const cache = await open();
    const good = await named();
    await cache.locate(good);
    await expect(cache.locate(await named('other weights'))).rejects.toMatchObject({ code: 'ADAPTER_INVALID' });
    expect(cache.ids()).toEqual([good.id]);
    expect(await readdir(join(dir, 'adapters'))).toEqual([good.id]);
  });

  it('keeps the last used, and fetches anew what was dropped', async () => {
    const cache = await open({ maxAdapters: 1 });
    const first = await named();
    await cache.locate(first);
    const config = files['/config'];
    handle = (request, response) => response.end(request.url === '/config' ? config : 'second');
    const second = await named('second');
    await cache.locate(second);
    expect(cache.ids()).toEqual([second.id]);
    await cache.drop(second.id);
    expect(cache.ids()).toEqual([]);
    await cache.locate(second);
    await expect.poll(() => readdir(join(dir, 'adapters'))).toEqual([second.id]);
  });
});
