// One suite over all methods: whatever they are made of, they keep to the interface in the same way.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { Random } from '@tallrec/shared/random';
import { answerOf, type LabelledSample, type Sample } from '@tallrec/shared/sample';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { conventionalMethods } from '../baselines/conventional-methods.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { loadTokenizer } from '../llama/tokenizer.ts';
import { referenceData } from '../reference-data.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { type ChatServer, chatServer, completion } from './chat-server.ts';
import { SharedLanguageModel } from './language-model.ts';
import type { FitData, Method } from './method.ts';
import { METHOD_NAMES, methodsFrom } from './registry.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** Batches of another make-up round otherwise. */
const TOLERANCE = 1e-4;

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  const film = () => ({ title: `Film ${random.integer(1, 12)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, (_, index) => {
    const { liked, ...target } = film();
    return { user: `u${index % 4}`, noun: 'movie', history: [film(), film(), film()], target, liked };
  });
}
const data: FitData = { train: samples(12, 1), valid: samples(14, 2) };
const other: FitData = { train: samples(10, 4), valid: data.valid };
const test = samples(9, 3);
const questions = test.map(({ liked: _, ...sample }): Sample => sample);

const encoder = referenceData('models', 'all-minilm-l6-v2');
const SKIPPED: Record<string, string | undefined> = encoder
  ? {}
  : Object.fromEntries(['gru-bert', 'dros-bert'].map((name) => [name, 'no sentence encoder is at hand']));

let dir: string;
let server: ChatServer;
const opened: SharedLanguageModel[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'methods-'));
  const corpus = data.train.map((sample) => formatSamplePrompt(sample, 'clean') + answerOf(sample.liked));
  await writeTinyModel(join(dir, 'model'), { corpus });
  server = await chatServer(({ messages }) => {
    const chance = 0.1 + 0.8 * Random.seeded(messages.at(-1)!.content.length).uniform();
    return completion('Yes.', { Yes: chance, No: 1 - chance });
  });
});
afterAll(async () => {
  for (const shared of opened) await shared.close();
  await server.close();
  await rm(dir, { recursive: true });
});

/** @param run keeps what it caches apart from other runs' */
function method(name: string, run: string): Method {
  const shared = new SharedLanguageModel({
    name: 'tiny',
    contentHash: 'tiny',
    computing: { provider: 'cpu' },
    template: 'clean',
    hyperParameters: hyperParametersSchema.parse({
      maxSteps: 3,
      batchSize: 6,
      warmupSteps: 1,
      evaluateEverySteps: 2,
      cutoffTokens: 256,
    }),
    learningRates: [1e-2],
    instructions: {
      rows: Array.from({ length: 10 }, (_, i) => ({ instruction: `Say ${i}.`, input: '', output: `${i}` })),
      sha256: 'instructions',
    },
    adaptersDir: join(dir, run),
    examples: 2,
    contextTokens: 1024,
    load: async () => ({
      model: await loadLanguageModel(join(dir, 'model'), createRuntime('cpu', { threads: 1 })),
      tokenizer: await loadTokenizer(join(dir, 'model')),
      provider: 'cpu',
      precision: 'f32',
    }),
  });
  opened.push(shared);
  const all = methodsFrom({
    languageModel: shared,
    remote: { model: 'gpt-test', baseUrl: server.url, apiKey: 'key', examples: 2, concurrency: 3 },
    conventional: conventionalMethods({
      encoderDir: encoder,
      cacheDir: join(dir, 'sentences'),
      setting: { maxSteps: 3 },
      learningRates: [1e-2],
    }),
  });
  return all.find((candidate) => candidate.name === name)!;
}

async function scores(
  name: string,
  run: string,
  { fit = data, seed = 5, on = questions }: { fit?: FitData; seed?: number; on?: readonly Sample[] } = {},
) {
  const fitted = await method(name, run).fit(fit, { seed });
  const result = await fitted.score(on);
  await fitted.close?.();
  return result;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(Math.abs(value - expected[index]!), `score ${index}`).toBeLessThan(
      TOLERANCE * (1 + Math.abs(expected[index]!)),
    );
  });
}

it('is run over every method of the registry', () => {
  for (const { name, title, kind } of METHOD_NAMES) {
    if (SKIPPED[name]) continue;
    expect(method(name, 'names')).toMatchObject({ name, kind, title: expect.stringContaining(title.split(',')[0]!) });
  }
});

describe.each(METHOD_NAMES.map(({ name }) => name))('%s', (name) => {
  const reason = SKIPPED[name];
  it.skipIf(reason)(
    `scores every sample by itself, the same for the same seed${reason ? `: ${reason}` : ''}`,
    async () => {
      const fitted = await method(name, `${name}-a`).fit(data, { seed: 5 });
      const first = await fitted.score(questions);
      expect(first).toHaveLength(questions.length);
      expect(first.every(Number.isFinite)).toBe(true);
      expectClose((await fitted.score([...questions].reverse())).reverse(), first);
      expectClose(await fitted.score(questions.slice(2, 5)), first.slice(2, 5));
      // Even where a sample does hold its answer, it is not looked at.
      expectClose(await fitted.score(test.map((sample) => ({ ...sample, liked: !sample.liked }))), first);
      await fitted.close?.();
      expect(await scores(name, `${name}-b`)).toEqual(first);
    },
  );

  it.skipIf(reason)(`says CANCELLED when it is aborted${reason ? `: ${reason}` : ''}`, async () => {
    const signal = AbortSignal.abort();
    await expect(method(name, `${name}-c`).fit(data, { seed: 5, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const fitted = await method(name, `${name}-a`).fit(data, { seed: 5 });
    await expect(fitted.score(questions, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await fitted.close?.();
  });

  it.skipIf(reason)(`depends on nothing that it says it ignores${reason ? `: ${reason}` : ''}`, async () => {
    const { ignores = [] } = method(name, 'ignores');
    const first = await scores(name, `${name}-a`);
    if (ignores.includes('shots')) expectClose(await scores(name, `${name}-d`, { fit: other }), first);
    if (ignores.includes('seed')) expectClose(await scores(name, `${name}-e`, { seed: 6 }), first);
    expect(method(name, 'ignores').settings ?? {}).toEqual(
      JSON.parse(JSON.stringify(method(name, 'ignores').settings ?? {})),
    );
  });
});
