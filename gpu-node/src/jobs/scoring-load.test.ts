// Many requests at once on the real engine: the same numbers as one by one, whatever they share micro-batches with.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import type { Sample } from '@tallrec/shared/sample';
import { adapterId, type GoldenScores } from '@tallrec/shared/wire/adapters';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readLlamaConfig } from '../llama/config.ts';
import { writeAdapter } from '../llama/peft.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { initAdapter } from '../train/lora-init.ts';
import { createEngine } from './engine.ts';
import {
  type AdapterPlace,
  type EngineParams,
  type EngineResult,
  type ModelPlace,
  type ParsedParams,
  PLAIN_CPU,
} from './engine-calls.ts';
import { EngineChild } from './engine-child.ts';

vi.setConfig({ testTimeout: 120_000 });

const context = () => {
  const { signal } = new AbortController();
  return { signal, stop: signal, event: () => {}, checkpoint: () => {} };
};
const engines = () => createEngine(async () => ({ runtime: createRuntime('cpu'), reason: 'for a test' }));

let dir: string;
let model: ModelPlace;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'scoring-load-'));
  model = { name: 'tiny', dir: join(dir, 'tiny'), contentHash: 'ab'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: ['User Preference: Yes. No. film movie like target Whether the will'] });
});
afterAll(() => rm(dir, { recursive: true }));

/** An adapter on disk that changes scores by several units. */
async function writeRandomAdapter(seed: number, rank: number): Promise<AdapterPlace> {
  const config = { rank, alpha: 16, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false } as const;
  const random = Random.seeded(seed);
  const adapter = initAdapter(config, await readLlamaConfig(model.dir), random);
  for (const [name, { data }] of adapter.tensors) {
    if (name.includes('lora_B')) for (let i = 0; i < data.length; i++) data[i] = 0.3 * random.normal();
  }
  const place = join(dir, `adapter-${seed}`);
  return {
    id: await adapterId(await writeAdapter(place, adapter)),
    dir: place,
    golden: null,
    blend: null,
    modelHash: null,
  };
}

/** The two calls, of an engine in this process or in one of its own. */
interface Asked {
  score: (params: EngineParams<'score'>) => Promise<EngineResult<'score'>>;
  rank: (params: EngineParams<'rank'>) => Promise<EngineResult<'rank'>>;
}
type Call = (engine: Asked) => Promise<number[][]>;

const pairs = (scores: { yesLogit: number; noLogit: number }[]) => scores.map((one) => [one.yesLogit, one.noLogit]);

/** Scores of one to six samples, or a ranking of up to eight candidates, with one of the adapters or none. */
function mixedCalls(count: number, adapters: readonly (AdapterPlace | null)[]): Call[] {
  const random = Random.seeded(11);
  const film = () => ({ title: `film ${random.integer(1, 99)}`.repeat(random.integer(1, 3)) });
  const history = () =>
    Array.from({ length: random.integer(0, 8) }, () => ({ ...film(), liked: random.uniform() < 0.5 }));
  return Array.from({ length: count }, () => {
    const fields = { model, template: 'clean', adapter: adapters[random.integer(0, adapters.length - 1)]! } as const;
    if (random.uniform() < 0.25) {
      const input = {
        noun: 'film',
        history: history(),
        candidates: Array.from({ length: random.integer(2, 8) }, film),
      };
      return async (engine) => {
        const { ranking } = await engine.rank({ ...fields, ...input });
        return pairs(ranking.toSorted((a, b) => a.index - b.index));
      };
    }
    const samples: Sample[] = Array.from({ length: random.integer(1, 6) }, () => ({
      noun: 'film',
      history: history(),
      target: film(),
    }));
    return async (engine) => pairs((await engine.score({ ...fields, samples })).scores);
  });
}

it('200 mixed requests at once to an engine process give the numbers that they give one by one', async () => {
  const adapters = await Promise.all([writeRandomAdapter(1, 4), writeRandomAdapter(2, 8), writeRandomAdapter(3, 4)]);
  const calls = mixedCalls(200, [...adapters, null]);
  const child = new EngineChild('score', { computing: PLAIN_CPU });
  const busy: Asked = {
    score: (params) => child.call('score', params),
    rank: (params) => child.call('rank', params),
  };
  const here = engines();
  const calm: Asked = {
    score: (params) => here.score(params as ParsedParams<'score'>, context()),
    rank: (params) => here.rank(params as ParsedParams<'rank'>, context()),
  };
  const together = await Promise.all(calls.map((call) => call(busy))).finally(() => child.kill());
  let apart = 0;
  for (const [at, call] of calls.entries()) {
    const expected = await call(calm);
    expect(together[at]).toHaveLength(expected.length);
    expected.flat().forEach((logit, i) => {
      apart = Math.max(apart, Math.abs(logit - together[at]!.flat()[i]!));
    });
  }
  // Measured: 6e-7.
  expect(apart).toBeLessThan(1e-4);
  expect(new Set(together.flat(2).map((logit) => logit.toFixed(3))).size).toBeGreaterThan(500);
});

it('a bad adapter among good ones is refused with its reason, and every other request is answered', async () => {
  const good = await writeRandomAdapter(4, 2);
  const engine = engines();
  const samples = [{ noun: 'film', history: [], target: { title: 'film 1' } }];
  const score = (adapter: AdapterPlace | null) =>
    engine.score({ model, template: 'clean', adapter, samples }, context());
  const { scores } = await score(good);
  const prompt = 'Yes. No. film';
  const golden: GoldenScores = {
    template: 'clean',
    precision: 'f32',
    samples: [{ prompt, yesLogit: 50, noLogit: -50 }],
  };

  const cut = await writeRandomAdapter(5, 2);
  const file = join(cut.dir, 'adapter_model.safetensors');
  await writeFile(file, (await readFile(file)).subarray(0, -8));
  const elsewhere = { ...(await writeRandomAdapter(6, 2)), golden };
  const results = await Promise.allSettled([score(good), score(cut), score(elsewhere), score(null), score(good)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: { code: 'ADAPTER_INVALID', message: /model\.safetensors .* cut short/ } });
  expect(results[2]).toMatchObject({ reason: { code: 'ADAPTER_INVALID', message: /does not score here as it did/ } });
  const [again] = results;
  if (again?.status === 'fulfilled') expect(again.value.scores[0]!.yesLogit).toBeCloseTo(scores[0]!.yesLogit, 4);
});
