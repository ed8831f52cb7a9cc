// One session for all of a model's graphs, as devices have it, tried on the CPU: it must compute what a session for each does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Runtime } from '../graph/execution.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { loadLanguageModel } from './load.ts';
import { LINEAR_MODULES, type LoraAdapter } from './lora.ts';
import type { LabelledRow, LanguageModel } from './model.ts';
import { randomAdapter, writeSeededCheckpoint } from './seeded-checkpoint.ts';

vi.setConfig({ testTimeout: 60_000 });

const cpu = createRuntime('cpu', { threads: 1 });
let made = 0;
let released = 0;
const device: Runtime = {
  ...{ provider: 'webgpu', extensions: cpu.extensions },
  async createSession(graph, options) {
    expect(made, 'sessions held at once').toBe(released);
    const session = await cpu.createSession(graph, options);
    made++;
    const release = async () => {
      await session.release();
      released++;
    };
    return { run: session.run, release };
  },
};

const alike: LabelledRow[] = [
  { tokens: [3, 17, 9, 22, 5, 31, 8], labels: [-100, -100, -100, -100, -100, 31, 8] },
  { tokens: [3, 17, 39], labels: [-100, -100, 39] },
];
const unlike: LabelledRow[] = [...alike, { tokens: [7, 7, 1, 30, 2], labels: [-100, 7, -100, 30, 2] }];

let folder: string;
let models: [LanguageModel, LanguageModel];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-sessions-'));
  const dir = join(folder, 'f16');
  await writeSeededCheckpoint(dir, 'F16', 'F16');
  models = [await loadLanguageModel(dir, cpu, { widenUpToBytes: 0 }), await loadLanguageModel(dir, device)];
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()));
  expect(released).toBe(made);
  await rm(folder, { recursive: true });
});

async function expectAlike(rows: readonly LabelledRow[], adapter: LoraAdapter | undefined, dropoutSeed?: number) {
  const [separate, resident] = await Promise.all(
    models.map(async (model) => ({
      logits: await model.nextTokenLogits(
        rows.map(({ tokens }) => tokens),
        adapter,
        [4, 9],
      ),
      ...(await model.loss(rows, adapter)),
      gradients: adapter
        ? (await model.lossAndGradients(rows, adapter, { lossWeight: 0.1, ...(dropoutSeed ? { dropoutSeed } : {}) }))
            .gradients
        : new Map<string, Float32Array>(),
    })),
  );
  expectClose(resident!.logits, separate!.logits);
  expectClose([resident!.nllSum], [separate!.nllSum]);
  expect([...resident!.gradients.keys()]).toEqual([...separate!.gradients.keys()]);
  for (const [name, gradient] of separate!.gradients) expectClose(resident!.gradients.get(name)!, gradient);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const size = Math.max(...Array.from(expected, Math.abs), 1e-6);
  Array.from(expected, (value, i) => expect(Math.abs(actual[i]! - value) / size).toBeLessThan(1e-5));
}

describe('one session for all of a model’s graphs', () => {
  it('scores and trains as separate sessions do: with an adapter, without one, with or without a shared prefix or dropout', async () => {
    const adapter = randomAdapter({ rank: 3, dropout: 0.3, targetModules: ['q_proj', 'v_proj'] });
    for (const rows of [alike, unlike]) {
      await expectAlike(rows, undefined);
      await expectAlike(rows, adapter);
      await expectAlike(rows, adapter, 5);
      await expectAlike(rows, randomAdapter({ rank: 2, targetModules: ['v_proj'] }), 5);
    }
  });

  it('is made again, the old one gone first, when a run needs more of it; then it serves all', async () => {
    const before = made;
    await expectAlike(unlike, randomAdapter({ rank: 3, targetModules: ['o_proj'] }), 5);
    expect(made).toBe(before + 1);
    await expectAlike(alike, randomAdapter({ rank: 4, targetModules: LINEAR_MODULES }));
    expect(made).toBe(before + 2);
    for (const rows of [alike, unlike]) {
      await expectAlike(rows, undefined);
      await expectAlike(rows, randomAdapter({ rank: 1, dropout: 0.3, targetModules: ['k_proj', 'down_proj'] }), 7);
    }
    expect(made).toBe(before + 2);
  });
});
