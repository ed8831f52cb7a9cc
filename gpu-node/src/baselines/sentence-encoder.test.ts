import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { sentenceEncoder } from './sentence-encoder.ts';

const MODEL = referenceData('models', 'all-minilm-l6-v2');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sentences-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('names what a folder lacks', async () => {
  await writeFile(join(folder, 'config.json'), '{}');
  const encoder = sentenceEncoder(folder, join(folder, 'cache'));
  await expect(encoder.embed(['Toy Story (1995)'])).rejects.toThrow(/has no tokenizer\.json\. Give the folder/);
});

describe.skipIf(!MODEL)('with all-MiniLM-L6-v2 (skipped where the model is not at hand)', { timeout: 120_000 }, () => {
  const texts = ['Toy Story (1995)', 'Toy Story 2 (1999)', 'Schindler’s List (1993)', 'Toy Story (1995)'];
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

  it('gives unit vectors in which like titles are near, the same whatever stands beside them', async () => {
    const encoder = sentenceEncoder(MODEL!, join(folder, 'one'));
    const [toy, second, list, again] = await encoder.embed(texts);
    for (const vector of [toy!, second!, list!]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(toy).toHaveLength(384);
    expect(dot(toy!, second!)).toBeGreaterThan(dot(toy!, list!) + 0.3);
    expect(again).toEqual(toy);
    const [alone] = await sentenceEncoder(MODEL!, join(folder, 'two')).embed(['Toy Story 2 (1999)']);
    expect(alone).toEqual(second);
  });

  it('keeps what it computed, by model and text, and passes over a damaged file', async () => {
    const cache = join(folder, 'three');
    const first = sentenceEncoder(MODEL!, cache);
    const [toy] = await first.embed(['Toy Story (1995)']);
    const dir = join(cache, await first.contentHash());
    const [name] = await readdir(dir);
    const bytes = await readFile(join(dir, name!));

    // A vector that no model would give, under the hash of its file, comes back: the cache was read.
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(32, 7, true);
    await writeFile(join(dir, name!), bytes);
    const renamed = join(dir, `${createHash('sha256').update(bytes).digest('hex')}-384.f32`);
    await rename(join(dir, name!), renamed);
    const [kept] = await sentenceEncoder(MODEL!, cache).embed(['Toy Story (1995)']);
    expect(kept![0]).toBe(7);

    await writeFile(renamed, bytes.subarray(0, 100));
    const [computed] = await sentenceEncoder(MODEL!, cache).embed(['Toy Story (1995)']);
    expect(computed).toEqual(toy);
  });

  it('ends when it is told to', async () => {
    const encoder = sentenceEncoder(MODEL!, join(folder, 'four'));
    await expect(encoder.embed(texts, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
