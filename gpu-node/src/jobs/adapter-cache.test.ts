import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { adapterId } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterCache } from './adapter-cache.ts';
import { HashedFiles } from './hashed-files.ts';

let home: string;
let dir: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'adapter-cache-'));
  dir = join(home, 'adapters');
});
afterEach(() => rm(home, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What the edge holds, by path; counts what is fetched. */
class Edge {
  readonly fetched: string[] = [];
  readonly #contents = new Map<string, string>();

  async adapter(
    name: string,
    given = { config: `{"r":"${name}"}`, weights: `weights of ${name}` },
  ): Promise<JobAdapter> {
    const hashes = { configSha256: sha256(`{"r":"${name}"}`), weightsSha256: sha256(`weights of ${name}`) };
    this.#contents.set(`/${name}/config`, given.config);
    this.#contents.set(`/${name}/weights`, given.weights);
    return {
      id: await adapterId(hashes),
      configPath: `/${name}/config`,
      weightsPath: `/${name}/weights`,
      golden: null,
      blend: null,
      modelHash: null,
    };
  }

  /** With a blend beside it, whose bytes may be other than they are named. */
  async blended(name: string, text: string, sent = text): Promise<JobAdapter> {
    const path = `/${name}/${sha256(text)}`;
    this.#contents.set(path, sent);
    return { ...(await this.adapter(name)), blend: { path, sha256: sha256(text), bytes: text.length } };
  }

  async download(path: string, target: string, { sha256: wanted }: { sha256?: string | undefined } = {}) {
    this.fetched.push(path);
    const text = this.#contents.get(path);
    if (text === undefined) throw new TallrecError('NOT_FOUND', 'There is no such file.');
    if (wanted !== undefined && wanted !== sha256(text)) throw new TallrecError('CHECKSUM_MISMATCH', 'Not its bytes.');
    await writeFile(target, text);
    return { sha256: sha256(text), bytes: text.length };
  }
}

const opened = async (edge: Edge, maxBytes?: number) => {
  const documents = await HashedFiles.open(join(home, 'documents'), edge);
  return AdapterCache.open(dir, { files: edge, documents }, maxBytes ? { maxBytes } : {});
};

describe('adapters by content hash', () => {
  it('bring their blend along, fetched once and by its hash', async () => {
    const edge = new Edge();
    const cache = await opened(edge);
    const adapter = await edge.blended('one', '{"r":1}');
    const places = await Promise.all([cache.locate(adapter), cache.locate(adapter)]);
    expect(await readFile(places[0]!.blend!, 'utf8')).toBe('{"r":1}');
    expect(places[1]!.blend).toBe(places[0]!.blend);
    expect(edge.fetched.filter((path) => path === adapter.blend!.path)).toHaveLength(1);
    // The same adapter without it, and with another.
    expect((await cache.locate({ ...adapter, blend: null })).blend).toBeNull();
    const other = await cache.locate(await edge.blended('one', '{"r":2}'));
    expect(await readFile(other.blend!, 'utf8')).toBe('{"r":2}');
    expect(other.dir).toBe(places[0]!.dir);
    await expect(cache.locate(await edge.blended('one', '{"r":3}', '{"r":4}'))).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
    // What an engine could not use is fetched anew, with its blend.
    await cache.drop(adapter);
    expect(await readFile((await cache.locate(adapter)).blend!, 'utf8')).toBe('{"r":1}');
  });

  it('are fetched when they are first needed, once however many ask, and found again after a start', async () => {
    const edge = new Edge();
    const adapter = await edge.adapter('one');
    const cache = await opened(edge);
    const places = await Promise.all([cache.locate(adapter), cache.locate(adapter), cache.locate(adapter)]);
    expect(new Set(places.map((place) => place.dir)).size).toBe(1);
    expect(await readFile(join(places[0]!.dir, 'adapter_model.safetensors'), 'utf8')).toBe('weights of one');
    await mkdir(join(dir, `${'ab'.repeat(32)}.fetching`));
    const later = await opened(edge);
    expect(later.ids()).toEqual([adapter.id]);
    expect((await later.locate(adapter)).dir).toBe(places[0]!.dir);
    expect(edge.fetched).toHaveLength(2);
    expect(await readdir(dir)).toEqual([adapter.id]);
  });

  it('whose bytes are not what their name says are refused, leave nothing behind and harm no other', async () => {
    const edge = new Edge();
    const [good, forged, lost] = [
      await edge.adapter('good'),
      await edge.adapter('forged', { config: '{"r":"forged"}', weights: 'other weights' }),
      { ...(await edge.adapter('lost')), weightsPath: '/nowhere' },
    ];
    const cache = await opened(edge);
    const [a, b, c] = await Promise.allSettled([cache.locate(good), cache.locate(forged), cache.locate(lost)]);
    expect(a.status).toBe('fulfilled');
    expect(b).toMatchObject({ reason: { code: 'ADAPTER_INVALID', message: /are not its own: they hash to/ } });
    expect(c).toMatchObject({ reason: { code: 'NOT_FOUND' } });
    expect(await readdir(dir)).toEqual([good.id]);
    // What the edge has mended is fetched anew.
    expect((await cache.locate(await edge.adapter('forged'))).id).toBe(forged.id);
  });

  it('are evicted by least recent use, and fetched again when they are asked for', async () => {
    const edge = new Edge();
    // Room for two.
    const cache = await opened(edge, 2 * '{"r":"1"}weights of 1'.length);
    const [one, two, three] = [await edge.adapter('1'), await edge.adapter('2'), await edge.adapter('3')];
    for (const adapter of [one, two, one, three]) await cache.locate(adapter);
    expect(cache.ids()).toEqual([three.id, one.id]);
    await expect.poll(() => readdir(dir)).toEqual([one.id, three.id].toSorted());
    await cache.locate(two);
    expect(edge.fetched.filter((path) => path === '/2/weights')).toHaveLength(2);
    expect(cache.ids()).toEqual([two.id, three.id]);
  });

  it('are counted by their bytes, those of an earlier run too, in the order of their last use', async () => {
    const edge = new Edge();
    const [one, two, three] = [await edge.adapter('1'), await edge.adapter('2'), await edge.adapter('3')];
    const before = await opened(edge);
    for (const adapter of [one, two, three]) await before.locate(adapter);
    for (const [at, { id }] of [three, one, two].entries()) await utimes(join(dir, id), at + 1, at + 1);
    const cache = await opened(edge, 2 * '{"r":"1"}weights of 1'.length);
    expect(cache.ids()).toEqual([two.id, one.id]);
    await expect.poll(() => readdir(dir)).toEqual([one.id, two.id].toSorted());
    // What is larger than the whole room is used all the same, and not kept.
    const large = await edge.adapter('x'.repeat(100));
    const place = await cache.locate(large);
    expect(await readFile(join(place.dir, 'adapter_model.safetensors'), 'utf8')).toContain('xxx');
  });

  it('that an engine refused are dropped', async () => {
    const edge = new Edge();
    const adapter = await edge.adapter('one');
    const cache = await opened(edge);
    await cache.locate(adapter);
    await cache.drop(adapter);
    expect([cache.ids(), await readdir(dir)]).toEqual([[], []]);
    await cache.locate(adapter);
    expect(edge.fetched).toHaveLength(4);
  });
});
