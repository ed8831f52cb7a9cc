// A node's tuning starts by a memory plan, says it, keeps to it, and learns the same under it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplingSchema } from '@tallrec/shared/interactions';
import { Random } from '@tallrec/shared/random';
import { tuningReportSchema, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { SpeedStore } from '../train/speeds.ts';
import { REPORT_FILE } from '../train/tuned-files.ts';
import { createEngine } from './engine.ts';
import type { DataPlace, ModelPlace } from './engine-calls.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let dir: string;
let model: ModelPlace;
let train: DataPlace;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'planned-tuning-'));
  model = { name: 'tiny', dir: join(dir, 'tiny'), contentHash: 'cd'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: ['User Preference: Yes. No. Film movie like target Whether the will'] });
  const random = Random.seeded(3);
  const film = () => ({ title: `Film ${random.integer(1, 12)}`, liked: random.uniform() < 0.5 });
  const rows = Array.from({ length: 20 }, () => ({
    ...{ noun: 'movie', history: [film(), film()], target: { title: `Film ${random.integer(1, 12)}` } },
    liked: random.uniform() < 0.5,
  }));
  train = { kind: 'samples', file: join(dir, 'train.jsonl'), split: 'train', sampling: samplingSchema.parse({}) };
  await writeFile(train.file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(dir, { recursive: true }));

const settings = tuningSettingsSchema.parse({
  hyperParameters: { maxSteps: 3, batchSize: 8, warmupSteps: 1, learningRate: 0.01 },
});

async function tuned(name: string, memoryBytes: number) {
  const notes: string[] = [];
  const { signal } = new AbortController();
  const engine = createEngine(async () => ({ runtime: createRuntime('cpu'), reason: 'for a test', memoryBytes }), {
    home: join(dir, 'home'),
  });
  const outDir = join(dir, name);
  const { bestValidLoss } = await engine.tune(
    { model, settings, train, valid: null, init: null, checkpointDir: join(dir, `${name}-checkpoints`), outDir },
    {
      signal,
      stop: signal,
      event: (event) => event.type === 'note' && notes.push(event.message),
      checkpoint: () => {},
    },
  );
  const report = tuningReportSchema.parse(JSON.parse(await readFile(join(outDir, REPORT_FILE), 'utf8')));
  return { notes, bestValidLoss, microBatchTokens: report.settings.hyperParameters.microBatchTokens };
}

it('a tuning job says its plan, keeps to it, learns the same and leaves its speed; one that does not fit is refused before it starts', async () => {
  const [roomy, tight] = [await tuned('roomy', 8e9), await tuned('tight', 0.17e9)];
  expect(roomy.notes).toEqual([expect.stringMatching(/^Memory: 0\.\d GB planned of 8\.0 GB\.$/)]);
  expect(roomy.microBatchTokens).toBe(2048);
  expect(tight.notes).toEqual([expect.stringMatching(/^Memory: 0\.\d GB planned of 0\.2 GB/)]);
  expect(tight.microBatchTokens).toBeLessThan(2048);
  expect(tight.bestValidLoss).toBeCloseTo(roomy.bestValidLoss!, 5);

  const speeds = await new SpeedStore(join(dir, 'home')).read(model.contentHash);
  expect(speeds).toMatchObject([
    { from: 'tuning', work: { provider: 'cpu', precision: 'f32', microBatchTokens: 2048 } },
    { from: 'tuning', work: { microBatchTokens: tight.microBatchTokens } },
  ]);

  await expect(tuned('hopeless', 1e6)).rejects.toThrow(
    /^A tuning takes 0\.\d GB of memory at least, and there are 0\.0 GB \(f32 weights, 512 tokens\)\. Even weights in int4 and prompts/,
  );
});
