import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { checkpointContentHash } from './content-hash.ts';
import { importModel, listModels, resolveModel } from './store.ts';

const addedAt = new Date('2026-01-02T03:04:05Z');
let dir: string;
let checkpoint: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'));
  checkpoint = join(dir, 'my-llama');
  await writeTinyModel(checkpoint, { corpus: ['a few words'] });
});
afterAll(() => rm(dir, { recursive: true }));

const store = (name: string) => ({ home: join(dir, name), modelsDir: join(dir, name, 'models') });

describe('the model store', () => {
  test.each([false, true])('imports a checkpoint (copy: %s) and finds it by name', async (copy) => {
    const paths = store(`home-${copy}`);
    const model = await importModel(checkpoint, paths, { copy, addedAt });
    expect(model).toMatchObject({ name: 'my-llama', layers: 4, source: checkpoint });
    expect(await listModels(paths)).toEqual([model]);
    const place = await resolveModel('my-llama', paths);
    expect(place).toEqual({ name: 'my-llama', dir: model.dir, contentHash: model.contentHash });
    expect(await resolveModel(checkpoint, paths)).toEqual({ ...place, dir: checkpoint });
    expect((await readdir(paths.modelsDir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a name with a slash, and importing again, replace nothing else', async () => {
    const paths = store('slash');
    await importModel(checkpoint, paths, { name: 'org/one', addedAt });
    await importModel(checkpoint, paths, { name: 'two', addedAt });
    await importModel(checkpoint, paths, { name: 'org/one', addedAt });
    expect((await listModels(paths)).map(({ name }) => name)).toEqual(['org/one', 'two']);
  });

  test('a model whose files changed is not used by its name', async () => {
    const paths = store('changed');
    const { dir: place } = await importModel(checkpoint, paths, { copy: true, addedAt });
    const config = join(place, 'config.json');
    await writeFile(config, (await readFile(config, 'utf8')).replace('10000', '10001'));
    await expect(resolveModel('my-llama', paths)).rejects.toThrow(/have changed since it was added.*Add it again/);
  });

  test('what cannot be used is not added', async () => {
    const paths = store('bad');
    const broken = join(dir, 'broken');
    await cp(checkpoint, broken, { recursive: true });
    await writeFile(
      join(broken, 'model.safetensors'),
      (await readFile(join(broken, 'model.safetensors'))).subarray(0, 5000),
    );
    await expect(importModel(broken, paths, { addedAt })).rejects.toThrow(/damaged/);
    await expect(importModel(join(dir, 'nowhere'), paths, { addedAt })).rejects.toThrow(/no directory/);
    await expect(importModel(checkpoint, paths, { name: '../evil', addedAt })).rejects.toThrow(/no name for a model/);
    expect(await listModels(paths)).toEqual([]);
    await expect(resolveModel('unknown', paths)).rejects.toThrow(/neither a directory nor a name.*models pull/);
  });
});

describe('the content hash', () => {
  test('is that of the content, not of the place', async () => {
    const copy = join(dir, 'copy');
    await cp(checkpoint, copy, { recursive: true });
    const cache = join(dir, 'hashes');
    const hash = await checkpointContentHash(checkpoint, cache);
    expect(await checkpointContentHash(copy, cache)).toBe(hash);
    expect(await checkpointContentHash(checkpoint, cache)).toBe(hash);
    expect(await readdir(cache)).toHaveLength(2);
    await writeFile(join(copy, 'tokenizer_config.json'), '{}');
    expect(await checkpointContentHash(copy, cache)).not.toBe(hash);
  });
});
