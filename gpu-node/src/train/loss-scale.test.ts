import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import { hyperParametersSchema, type TuningEvent } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_DIR, type ReferenceCase, readReferenceCase } from '../doctor/reference-case.ts';
import { loadLanguageModel } from '../llama/load.ts';
import type { LanguageModel } from '../llama/model.ts';
import { hashTensors, readAdapter } from '../llama/peft.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { copyAdapter } from './lora-init.ts';
import { initialLossScale, type LossScale, nextLossScale } from './loss-scale.ts';
import { initialState, type TrainingState } from './state.ts';
import { train } from './train.ts';

describe('the loss scale', () => {
  it('doubles after 2000 steps without overflow, counted from its last change', () => {
    let state = nextLossScale(initialLossScale(), true);
    expect(state).toEqual({ scale: 2 ** 15, goodSteps: 0 });
    for (let step = 0; step < 1999; step++) state = nextLossScale(state, false);
    expect(state).toEqual({ scale: 2 ** 15, goodSteps: 1999 });
    expect(nextLossScale(state, false)).toEqual({ scale: 2 ** 16, goodSteps: 0 });
    expect(nextLossScale(state, true)).toEqual({ scale: 2 ** 14, goodSteps: 0 });
  });

  it('halves down to one; what overflows then is no matter of the scale', () => {
    let state = initialLossScale();
    for (let overflow = 0; overflow < 16; overflow++) state = nextLossScale(state, true);
    expect(state.scale).toBe(1);
    expect(() => nextLossScale(state, true)).toThrow(/too large for float16.*Lower the learning rate/);
  });
});

describe('a training in float16', () => {
  let folder: string;
  let reference: ReferenceCase;
  let model: LanguageModel;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loss-scale-'));
    reference = await readReferenceCase(REFERENCE_DIR);
    model = await loadLanguageModel(reference.baseDir, createRuntime('cpu', { threads: 1 }), { compute: 'float16' });
  });
  afterAll(async () => {
    await model.close();
    await rm(folder, { recursive: true });
  });

  const start = async (lossScale?: LossScale): Promise<TrainingState> => {
    const adapter = copyAdapter(await readAdapter(reference.adapterDir, model.config));
    return { ...initialState(adapter, Random.seeded(5)), lossScale };
  };

  /** @param until ends it after an event that says so, as Ctrl-C does */
  async function run(state: TrainingState, dir: string, until: (event: TuningEvent) => boolean = () => false) {
    const abort = new AbortController();
    const events = train(model, reference.rows, state, {
      hyperParameters: hyperParametersSchema.parse({ batchSize: 2, warmupSteps: 1, learningRate: 0.01 }),
      totalSteps: 5,
      evaluateEverySteps: 100,
      validate: undefined,
      checkpoint: (current) => writeCheckpoint(join(folder, dir), current, {}),
      checkpointEverySteps: 1,
      signal: abort.signal,
      clock: () => 0,
    });
    const notes: string[] = [];
    for await (const event of events) {
      if (event.type === 'note') notes.push(event.message);
      if (until(event)) abort.abort();
    }
    return notes;
  }

  it('starts at a scale of 65536', async () => {
    const state = await start();
    expect(await run(state, 'plain')).toEqual([]);
    expect(state.lossScale).toEqual({ scale: 2 ** 16, goodSteps: 5 });
  });

  it('passes over a batch whose gradients overflow, halves the scale and says so', async () => {
    const state = await start({ scale: 2 ** 24, goodSteps: 7 });
    const before = hashTensors(state.adapter);
    const [note] = await run(state, 'once', (event) => event.type === 'note');
    expect(note).toBe(
      'Gradients overflowed float16 at a loss scale of 16777216: the batch is passed over, and the scale is now 8388608.',
    );
    expect(state).toMatchObject({ step: 0, cursor: 1, lossScale: { scale: 2 ** 23, goodSteps: 0 } });
    expect(state.optimizer.step).toBe(0);
    for (const { first, second } of state.optimizer.moments.values()) {
      expect([...first, ...second].every((value) => value === 0)).toBe(true);
    }
    expect(hashTensors(state.adapter)).toBe(before);
  });

  it('that is stopped after any batch, passed over or not, and resumed ends bit for bit alike', async () => {
    const scale: LossScale = { scale: 2 ** 22, goodSteps: 0 };
    const whole = await start(scale);
    const notes = await run(whole, 'whole');
    expect(notes.length).toBeGreaterThan(1);
    expect(whole).toMatchObject({ step: 5, lossScale: { scale: 2 ** 22 / 2 ** notes.length } });
    for (let cut = 1; cut < notes.length + 5; cut++) {
      let seen = 0;
      await run(await start(scale), `cut-${cut}`, () => ++seen === cut);
      const resumed = await readCheckpoint(join(folder, `cut-${cut}`), whole.adapter, {});
      await run(resumed!, `cut-${cut}`);
      expect(hashTensors(resumed!.adapter)).toBe(hashTensors(whole.adapter));
      expect(resumed!.lossScale).toEqual(whole.lossScale);
      expect(resumed!.events).toEqual(whole.events);
    }
  });
});
