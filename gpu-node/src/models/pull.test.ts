import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { pullModel } from './pull.ts';
import { checkCheckpoint, listModels } from './store.ts';

const COMMIT = 'a'.repeat(40);
const NAME = 'some-org/tiny';
const addedAt = new Date('2026-01-02T03:04:05Z');

/** A hub with one model; `tamper` may change or break what it sends. */
class FakeHub {
  files = new Map<string, Buffer>();
  ranges: string[] = [];
  tokens = new Set<string | undefined>();
  tamper: (path: string, body: Buffer) => Buffer | 'drop' = (_, body) => body;
  readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      this.tokens.add(request.headers.authorization);
      const url = new URL(request.url!, 'http://hub');
      const base = `http://${request.headers.host}`;
      const json = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      if (url.pathname.startsWith(`/api/models/${NAME}/tree/`)) {
        return json(
          [...this.files].map(([path, body]) => ({
            type: 'file',
            path,
            size: body.length,
            ...this.identity(path, body),
          })),
        );
      }
      if (url.pathname.startsWith(`/api/models/${NAME}`))
        return json({
          _id: '1',
          id: NAME,
          sha: COMMIT,
          likes: 0,
          downloads: 0,
          private: false,
          gated: false,
          lastModified: '2026-01-01T00:00:00Z',
        });
      const path = url.pathname.split(`/resolve/${COMMIT}/`)[1];
      const body = path ? this.files.get(path) : undefined;
      if (!path || !body)
        return void response
          .writeHead(404, { 'X-Error-Code': 'RepoNotFound' })
          .end(`{"error":"no ${base}${url.pathname}"}`);
      const [from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '')?.slice(1) ?? ['0', ''];
      const [start, end] = [Number(from), to ? Number(to) + 1 : body.length];
      if (path === 'model.safetensors' && end - start > 1) this.ranges.push(`${start}-${end}`);
      response.writeHead(206, {
        etag: '"x"',
        'content-range': `bytes ${start}-${end - 1}/${body.length}`,
        'content-length': end - start,
      });
      const sent = this.tamper(path, body.subarray(start, end));
      if (sent !== 'drop' || end - start === 1)
        return void response.end(sent === 'drop' ? body.subarray(start, end) : sent);
      response.write(body.subarray(start, start + ((end - start) >> 1)), () =>
        setTimeout(() => response.destroy(), 20),
      );
    });
  }

  identity(path: string, body: Buffer) {
    const oid = createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
    if (!path.endsWith('.safetensors')) return { oid };
    return { oid, lfs: { oid: createHash('sha256').update(body).digest('hex'), size: body.length, pointerSize: 1 } };
  }
}

let dir: string;
let checkpoint: string;
let hub: FakeHub;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pull-'));
  checkpoint = join(dir, 'checkpoint');
  await writeTinyModel(checkpoint, { corpus: ['a few words'] });
});
afterAll(() => rm(dir, { recursive: true }));
beforeEach(async () => {
  hub = new FakeHub();
  for (const name of await readdir(checkpoint)) hub.files.set(name, await readFile(join(checkpoint, name)));
  hub.files.set('README.md', Buffer.from('not wanted'));
  hub.files.set('pytorch_model.bin', Buffer.from('not wanted'));
  hub.server.listen(0, '127.0.0.1');
  await once(hub.server, 'listening');
});
afterEach(() => {
  hub.server.closeAllConnections();
  hub.server.close();
});

let homes = 0;
function store() {
  const home = join(dir, `home-${homes++}`);
  return { home, modelsDir: join(home, 'models') };
}
const access = () => ({ hubUrl: `http://127.0.0.1:${(hub.server.address() as AddressInfo).port}`, addedAt });

describe('pullModel', () => {
  test('fetches what a checkpoint needs, checks it, and makes it known by its name', async () => {
    const paths = store();
    const seen: [number, number][] = [];
    const model = await pullModel(NAME, paths, {
      ...access(),
      accessToken: 'hf_secret',
      onProgress: ({ doneBytes, totalBytes }) => seen.push([doneBytes, totalBytes]),
    });
    expect(model).toMatchObject({ name: NAME, source: `hub:${NAME}@${COMMIT}` });
    expect((await readdir(model.dir)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tallrec.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    await checkCheckpoint(model.dir);
    expect(await listModels(paths)).toEqual([model]);
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
    expect([...hub.tokens]).toEqual(['Bearer hf_secret']);
  });

  test('a broken connection is taken up where it broke', async () => {
    let drops = 1;
    hub.tamper = (path, body) => (path === 'model.safetensors' && body.length > 1 && drops-- > 0 ? 'drop' : body);
    const { dir: place } = await pullModel(NAME, store(), access());
    expect(await readFile(join(place, 'model.safetensors'))).toEqual(hub.files.get('model.safetensors'));
    expect(hub.ranges).toHaveLength(2);
    expect(hub.ranges[0]).toMatch(/^0-/);
    expect(Number.parseInt(hub.ranges[1]!, 10)).toBeGreaterThan(0);
  });

  test('a stopped download goes on with the next command', async () => {
    const paths = store();
    const abort = new AbortController();
    const stopped = pullModel(NAME, paths, {
      ...access(),
      signal: abort.signal,
      onProgress: ({ file, doneBytes }) => file === 'model.safetensors' && doneBytes > 100_000 && abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await listModels(paths)).toEqual([]);
    await pullModel(NAME, paths, access());
    expect(hub.ranges).toHaveLength(2);
    expect(Number.parseInt(hub.ranges[1]!, 10)).toBeGreaterThan(0);
  });

  test('a file that arrives changed is refused, and fetched anew the next time', async () => {
    const paths = store();
    hub.tamper = (path, body) => (path === 'model.safetensors' && body.length > 1 ? Buffer.alloc(body.length) : body);
    await expect(pullModel(NAME, paths, access())).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    hub.tamper = (_, body) => body;
    expect((await pullModel(NAME, paths, access())).name).toBe(NAME);
  });

  test('a model that is not there, or cannot be used, is not added', async () => {
    const paths = store();
    await expect(pullModel('some-org/other', paths, access())).rejects.toThrow(
      /some-org\/other cannot be fetched.*HF_TOKEN/s,
    );
    hub.files.set('config.json', Buffer.from('{"architectures": ["BertModel"]}'));
    await expect(pullModel(NAME, paths, access())).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    hub.files.delete('model.safetensors');
    await expect(pullModel(NAME, paths, access())).rejects.toThrow(
      /published as PyTorch weights \(pytorch_model\.bin\) alone.*Convert them/,
    );
    expect(await listModels(paths)).toEqual([]);
  });
});
