// A run is told by a clock that is handed in, measured, and its time told again from what was measured.

import { type TuningEvent, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { stepsPerEpoch, tuningSteps } from '@tallrec/shared/tuning-steps';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpeedMeter } from './speed-meter.ts';
import { type Measured, speedFor, workOf } from './speeds.ts';
import { tuningTime } from './tuning-time.ts';

interface Run {
  train: number;
  valid: number;
  tokensPerSample: number;
  hyperParameters: object;
}
interface Costs {
  /** Before its engine has started. */
  fetchMs: number;
  loadMs: number;
  endMs: number;
  /** Of a step, beside its tokens. */
  stepMs: number;
  /** Of a token, in a step and in an evaluation. */
  trainMs: number;
  judgeMs: number;
}

const settingsOf = ({ hyperParameters }: Run) => tuningSettingsSchema.parse({ hyperParameters });

/** Goes as far as `until`, with each thing taking what it costs. */
function timed(run: Run, costs: Costs, until: (steps: ReturnType<typeof tuningSteps>) => number) {
  const settings = settingsOf(run);
  const { hyperParameters } = settings;
  const steps = tuningSteps(hyperParameters, run.train);
  const perEpoch = stepsPerEpoch(run.train, hyperParameters.batchSize);
  const rowsOfEpoch = Array.from({ length: perEpoch }, (_, at) =>
    Math.min(hyperParameters.batchSize, run.train - at * hyperParameters.batchSize),
  );
  let now = 0;
  let tokens = 0;
  now += costs.fetchMs;
  const meter = new SpeedMeter(() => now, costs.fetchMs);
  now += costs.loadMs;
  const counts = { trainSamples: run.train, validSamples: run.valid, trainableParameters: 1, validRuleAuc: null };
  const begun = { provider: 'cpu', precision: 'f32', totalSteps: steps.total };
  meter.note({ type: 'started', step: 0, ...counts, ...begun });
  const last = until(steps);
  const judge = () => {
    now += run.valid * run.tokensPerSample * costs.judgeMs;
  };
  for (let step = 1; step <= last; step++) {
    const rows = rowsOfEpoch[(step - 1) % perEpoch]!;
    tokens += rows * run.tokensPerSample;
    now += costs.stepMs + rows * run.tokensPerSample * costs.trainMs;
    const rest = { loss: 1, learningRate: 1, gradientNorm: 1, tokensPerSecond: 1, etaMs: 1 };
    const event: TuningEvent = { type: 'step', step, totalSteps: steps.total, epoch: step / perEpoch, ...rest };
    meter.note(event);
    if (run.valid === 0 || (step % steps.every !== 0 && step !== steps.total)) continue;
    judge();
    meter.note({ type: 'evaluated', step, validAuc: null, validPerUserAuc: null, validLoss: 1, best: false });
  }
  now += costs.endMs;
  return { ms: now, measured: meter.end({ ...counts, steps: last, tokens }) };
}

const work = workOf({ provider: 'cpu', precision: 'f32' }, tuningSettingsSchema.parse({}), false);
const known = (...measured: Measured[]) =>
  speedFor(
    work,
    measured.map((one) => ({ ...one, work, from: 'tuning', atMs: 0 })),
  )!;

const runs = fc.record({
  train: fc.integer({ min: 1, max: 300 }),
  valid: fc.integer({ min: 1, max: 200 }),
  tokensPerSample: fc.integer({ min: 5, max: 500 }),
  hyperParameters: fc.record({
    batchSize: fc.integer({ min: 1, max: 128 }),
    epochs: fc.integer({ min: 3, max: 20 }),
    patience: fc.integer({ min: 1, max: 5 }),
    evaluateEverySteps: fc.integer({ min: 1, max: 9 }),
  }),
});
const cost = fc.integer({ min: 1, max: 40 });
const costs = fc.record({ fetchMs: cost, loadMs: cost, stepMs: cost, endMs: cost, trainMs: cost, judgeMs: cost });

describe('the time of a tuning', () => {
  it('is that of the same tuning before it, whole and ended as soon as its patience can', () => {
    fc.assert(
      fc.property(runs, costs, (run, paid) => {
        const whole = timed(run, paid, ({ total }) => total);
        const soonest = timed(run, paid, ({ least }) => least);
        const { train, valid, tokensPerSample } = run;
        const samples = { train, valid };
        const told = tuningTime(known(whole.measured!), { settings: settingsOf(run), samples, tokensPerSample });
        expect(told.mostMs / whole.ms).toBeCloseTo(1, 6);
        // Batches of an epoch differ in size; a tuning that ends within one is told by their mean.
        const steps = tuningSteps(settingsOf(run).hyperParameters, train);
        const perEpoch = stepsPerEpoch(train, run.hyperParameters.batchSize);
        if (steps.least % perEpoch === 0) expect(told.leastMs / soonest.ms).toBeCloseTo(1, 6);
        expect(told.leastMs).toBeLessThanOrEqual(told.mostMs);
      }),
    );
  });

  it('is told of a tuning of another size from two that differ, with what a step takes beside its tokens', () => {
    const hyperParameters = { batchSize: 64, epochs: 5, evaluateEverySteps: 4 };
    const paid = { fetchMs: 50, loadMs: 700, endMs: 300, stepMs: 400, trainMs: 2, judgeMs: 1 };
    const run = (train: number, valid: number, tokensPerSample: number): Run => {
      return { train, valid, tokensPerSample, hyperParameters };
    };
    const measured = [run(16, 20, 100), run(32, 20, 100)].map(
      (one) => timed(one, paid, ({ total }) => total).measured!,
    );
    const large = run(60, 1000, 250);
    const { train, valid, tokensPerSample } = large;
    const told = tuningTime(known(...measured), {
      settings: settingsOf(large),
      samples: { train, valid },
      tokensPerSample,
    });
    expect(told.mostMs).toBeCloseTo(timed(large, paid, ({ total }) => total).ms, 3);
    expect(told.tokensPerSecond).toBeCloseTo((1000 * 60 * 250) / (400 + 2 * 60 * 250), 6);
  });

  it('has no early end where nothing is judged', () => {
    const samples = { train: 64, valid: 0 };
    const speed = { stepMs: 0, tokenMs: 1, evaluatedTokensPerSecond: null, otherMs: 0 };
    const told = tuningTime(speed, { settings: tuningSettingsSchema.parse({}), samples, tokensPerSample: 100 });
    expect(told.leastMs).toBe(told.mostMs);
    expect(told.mostMs).toBe(200 * 6400);
  });
});

describe('a tuning that cannot be measured', () => {
  const end = { steps: 9, tokens: 900, trainSamples: 3, validSamples: 1 } as const;
  const step = (number: number): TuningEvent => ({
    ...{ type: 'step', step: number, totalSteps: 9, epoch: number / 3, loss: 1, learningRate: 1 },
    ...{ gradientNorm: 1, tokensPerSecond: 1, etaMs: 1 },
  });
  const started = (at: number): TuningEvent => ({
    ...{ type: 'started', step: at, totalSteps: 9, trainSamples: 3, validSamples: 1, validRuleAuc: null },
    ...{ trainableParameters: 1, provider: 'cpu', precision: 'f32' },
  });

  it('went on from a checkpoint, or was over before it had begun', () => {
    let now = 0;
    const meterOf = (at: number, steps: number[]) => {
      const meter = new SpeedMeter(() => now++);
      for (const event of [started(at), ...steps.map(step)]) meter.note(event);
      return meter;
    };
    expect(meterOf(0, [1, 2, 3]).end({ ...end, steps: 3 })).toBeDefined();
    expect(meterOf(4, [5, 6, 7]).end({ ...end, steps: 7 })).toBeUndefined();
    expect(meterOf(0, [1, 2]).end({ ...end, steps: 2 })).toBeUndefined();
  });
});
