import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { hyperParametersSchema, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashTensors } from '../llama/peft.ts';
import { ToyLanguageModel, toyTokenizer } from '../llama/toy-language-model.ts';
import { SharedLanguageModel } from './language-model.ts';
import { tunedAdapter } from './tuned-adapter.ts';

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuned-adapter-'));
});
afterEach(() => rm(dir, { recursive: true }));

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const liked = random.uniform() < 0.5;
    const title = (liked ? 'Z' : 'Q').repeat(random.integer(6, 14));
    return { noun: 'movie', history: [{ title: `Film ${i}`, liked: true }], target: { title }, liked };
  });
}

const hyperParameters = hyperParametersSchema.parse({
  learningRate: 0.05,
  warmupSteps: 2,
  batchSize: 8,
  maxSteps: 24,
  loraRank: 2,
});
const request = (seed = 7) => ({
  settings: tuningSettingsSchema.parse({ seed, hyperParameters }),
  data: { stage: 'rec' as const, train: samples(16, 1), valid: samples(20, 2) },
});

function shared(folder: string, contentHash = 'toy'): SharedLanguageModel {
  return new SharedLanguageModel({
    name: 'toy',
    contentHash,
    computing: {},
    template: 'clean',
    hyperParameters,
    learningRates: [0.05],
    adaptersDir: join(dir, folder),
    examples: 0,
    contextTokens: 512,
    load: async () => ({ model: new ToyLanguageModel(), tokenizer: toyTokenizer, provider: 'cpu', precision: 'f64' }),
  });
}

describe('a tuned adapter', () => {
  it('is tuned once for the same model, data and settings', async () => {
    let steps = 0;
    const onProgress = () => steps++;
    const first = await tunedAdapter(shared('a'), request(), { onProgress });
    expect([steps, first.earlierMs]).toEqual([24, 0]);
    const again = await tunedAdapter(shared('a'), request(), { onProgress });
    expect(steps).toBe(24);
    expect(again.earlierMs).toBe(first.report.durationMs);
    expect(hashTensors(again.adapter)).toBe(hashTensors(first.adapter));
    expect(again.blend).toEqual(first.blend);
    await tunedAdapter(shared('a'), request(8), { onProgress });
    await tunedAdapter(shared('a', 'another model'), request(), { onProgress });
    expect(steps).toBe(3 * 24);
  });

  it('that was stopped goes on from its checkpoint and ends as one that was not', async () => {
    const controller = new AbortController();
    const stopped = tunedAdapter(shared('a'), request(), {
      signal: controller.signal,
      onProgress: (done) => done === 9 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const seen: number[] = [];
    const resumed = await tunedAdapter(shared('a'), request(), { onProgress: (done) => seen.push(done) });
    expect(seen[0]).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(24);
    const whole = await tunedAdapter(shared('b'), request(), {});
    expect(hashTensors(resumed.adapter)).toBe(hashTensors(whole.adapter));
    const [folder] = await readdir(join(dir, 'a'));
    expect(await readdir(join(dir, 'a', folder!))).not.toContain('checkpoints');
  });
});
