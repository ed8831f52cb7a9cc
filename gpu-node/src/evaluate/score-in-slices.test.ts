import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PromptRows } from '../llama/prompt-rows.ts';
import { ToyLanguageModel, toyTokenizer } from '../llama/toy-language-model.ts';
import { localCheckpoint } from '../train/checkpoint-folder.ts';
import { type EvaluateOptions, evaluateSamples } from './evaluate.ts';
import { SLICE_ROWS } from './score-in-slices.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'score-in-slices-'));
});
afterEach(() => rm(dir, { recursive: true }));

const random = Random.seeded(5);
const samples: LabelledSample[] = Array.from({ length: 2 * SLICE_ROWS + 88 }, (_, at) => ({
  user: `u${at % 9}`,
  noun: 'movie',
  history: Array.from({ length: random.integer(0, 3) }, () => ({
    title: `Film ${random.integer(1, 99)}`,
    liked: true,
  })),
  target: { title: 'Z'.repeat(random.integer(1, 40)) },
  liked: random.uniform() < 0.5,
}));
const rows = new PromptRows(toyTokenizer, { template: 'clean', cutoffTokens: 512 });

function evaluate(changes: Partial<EvaluateOptions> = {}, { model = new ToyLanguageModel(), identity = 'one' } = {}) {
  return evaluateSamples(model, rows, samples, {
    template: 'clean',
    precision: 'f64',
    provider: 'cpu',
    clock: () => 0,
    checkpoint: { dir, identity: { run: identity }, everyMs: 0, onCheckpoint },
    ...changes,
  });
}
let told: { step: number; dir: string }[] = [];
const onCheckpoint = (checkpoint: { step: number; dir: string }) => {
  told.push(checkpoint);
};
beforeEach(() => {
  told = [];
});

/** Breaks off in the middle of the slice that follows so many. */
function brokenOffAfter(slices: number) {
  const model = new ToyLanguageModel();
  const compute = model.nextTokenLogits.bind(model);
  let seen = 0;
  model.nextTokenLogits = async (...call) => {
    if (seen > slices * SLICE_ROWS) throw new Error('the power is gone');
    seen += call[0].length;
    return compute(...call);
  };
  return evaluate({}, { model });
}
const computed = (model: ToyLanguageModel) => model.batchSizes.reduce((sum, rows) => sum + rows, 0);

describe('an evaluation', () => {
  it.each([1, 2])('that was broken off after %i slices goes on there, and reports the very same', async (slices) => {
    const whole = await evaluate({ checkpoint: undefined });
    await expect(brokenOffAfter(slices)).rejects.toThrow('the power is gone');
    expect(told.at(-1)).toEqual(await localCheckpoint(dir));
    expect(told.map(({ step }) => step)).toEqual([1, 2].slice(0, slices).map((slice) => slice * SLICE_ROWS));
    const model = new ToyLanguageModel();
    const progress: unknown[] = [];
    const resumed = await evaluate({ onProgress: (...part) => progress.push(part) }, { model });
    expect(computed(model)).toBe(samples.length - slices * SLICE_ROWS);
    expect(JSON.stringify(resumed)).toBe(JSON.stringify(whole));
    expect(progress[0]).toEqual([slices * SLICE_ROWS, samples.length, slices * SLICE_ROWS]);
    expect(progress.at(-1)).toEqual([samples.length, samples.length, slices * SLICE_ROWS]);
  });

  it('counts the time of all its runs', async () => {
    let now = 0;
    await expect(brokenOffAfter(1)).rejects.toThrow();
    const { report } = await evaluate({ clock: () => now++ });
    const { report: whole } = await evaluate({ clock: () => now++, checkpoint: undefined });
    expect([report.durationMs, whole.durationMs]).toEqual([2, 3]);
  });

  it('of another model, of other data or with a damaged checkpoint begins anew', async () => {
    const whole = await evaluate({ checkpoint: undefined });
    await expect(brokenOffAfter(1)).rejects.toThrow();
    const [other, damaged] = [new ToyLanguageModel(), new ToyLanguageModel()];
    expect(await evaluate({}, { model: other, identity: 'two' })).toEqual(whole);
    expect(computed(other)).toBe(samples.length);
    const [name] = await readdir(dir);
    await writeFile(join(dir, name!, 'scores.bin'), 'short');
    expect(await evaluate({}, { model: damaged, identity: 'two' })).toEqual(whole);
    expect(computed(damaged)).toBe(samples.length);
  });

  it('that is asked to stop reports on the rows that are scored, as if there were no others', async () => {
    const stop = new AbortController();
    const model = new ToyLanguageModel();
    const stopped = await evaluate({ stop: stop.signal, onProgress: () => stop.abort() }, { model });
    expect(computed(model)).toBe(SLICE_ROWS);
    const { report, predictions } = await evaluate({ checkpoint: undefined });
    expect(stopped.predictions).toEqual(predictions.slice(0, SLICE_ROWS));
    expect(stopped.report.n).toBe(SLICE_ROWS);
    expect(stopped.report.tokens).toBeLessThan(report.tokens);
  });

  it('that is asked to stop before it begins reports what its checkpoint has, and else nothing', async () => {
    const stop = AbortSignal.abort();
    await expect(evaluate({ stop })).rejects.toMatchObject({ code: 'CANCELLED', message: /before any row was scored/ });
    await expect(brokenOffAfter(2)).rejects.toThrow();
    const model = new ToyLanguageModel();
    const { report } = await evaluate({ stop }, { model });
    expect([report.n, computed(model)]).toEqual([2 * SLICE_ROWS, 0]);
  });

  it('that is cancelled ends at once', async () => {
    const abort = new AbortController();
    const cancelled = evaluate({ signal: abort.signal, onProgress: () => abort.abort() });
    await expect(cancelled).rejects.toBeInstanceOf(TallrecError);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('writes no more often than it is told to', async () => {
    await evaluate({ checkpoint: { dir, identity: {}, everyMs: 10, onCheckpoint } });
    expect(told).toEqual([]);
  });
});
