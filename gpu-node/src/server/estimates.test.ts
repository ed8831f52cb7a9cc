// What a node says of a tuning before it, with real engine processes on a small random model.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { Random } from '@tallrec/shared/random';
import { answerOf } from '@tallrec/shared/sample';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { tuningSteps } from '@tallrec/shared/tuning-steps';
import { type NodeEstimateRequest, nodeEstimateSchema } from '@tallrec/shared/wire/node-api';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EngineComputing, type ModelPlace, PLAIN_CPU } from '../jobs/engine-calls.ts';
import { EngineChild } from '../jobs/engine-child.ts';
import { loadTokenizer } from '../llama/tokenizer.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { SpeedStore } from '../train/speeds.ts';
import { Estimates, type EstimatesOptions } from './estimates.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let home: string;
let model: ModelPlace;
let texts: string[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'estimates-'));
  const random = Random.seeded(5);
  const film = () => ({ title: `Film ${random.integer(1, 30)}`, liked: random.uniform() < 0.5 });
  texts = Array.from({ length: 12 }, () => {
    const history = Array.from({ length: random.integer(1, 8) }, film);
    const { liked, ...target } = film();
    return formatSamplePrompt({ noun: 'movie', history, target }, 'clean') + answerOf(liked);
  });
  model = { name: 'tiny', dir: join(home, 'tiny'), contentHash: 'cd'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: texts });
});
afterAll(() => rm(home, { recursive: true }));

let busy = false;
const made: Estimates[] = [];
const engines: { role: string; child: EngineChild }[] = [];
function estimatesIn(name: string, memoryBytes: number | undefined, change: Partial<EstimatesOptions> = {}) {
  const computing: EngineComputing = { ...PLAIN_CPU, ...(memoryBytes ? { memoryBytes } : {}) };
  const estimates = new Estimates({
    newEngine: (role) => {
      const child = new EngineChild(role, { computing });
      engines.push({ role, child });
      return child;
    },
    locateModel: () => model,
    speeds: new SpeedStore(join(home, name)),
    isBusy: () => busy,
    log: () => {},
    nowMs: Date.now,
    ...change,
  });
  made.push(estimates);
  return estimates;
}
afterEach(async () => {
  busy = false;
  await Promise.all(made.splice(0).map((estimates) => estimates.close()));
  expect(engines.splice(0).filter(({ child }) => !child.ended)).toEqual([]);
});

const request = (change: Partial<NodeEstimateRequest> = {}): NodeEstimateRequest => ({
  model: 'tiny',
  settings: tuningSettingsSchema.parse({}),
  samples: { train: 64, valid: 100 },
  texts,
  ...change,
});

async function measured(estimates: Estimates, asked = request()) {
  for (;;) {
    const estimate = nodeEstimateSchema.parse(await estimates.estimate(asked));
    if (!estimate.measuring) return estimate;
    await pause(50);
  }
}

describe('an estimate', () => {
  it('tells memory and tokens at once, tries the model out once, and tells the time from then on', async () => {
    const estimates = estimatesIn('fresh', 8e9);
    const first = nodeEstimateSchema.parse(await estimates.estimate(request()));
    expect(first).toMatchObject({
      memory: { fits: true, limitBytes: 8e9 },
      wouldFit: null,
      time: null,
      measuring: true,
    });
    const { totalBytes, parts } = first.memory!;
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes);
    const tokenizer = await loadTokenizer(model.dir);
    const lengths = texts.map((text) => tokenizer.encode(text).length + 1);
    expect(first.tokensPerSample).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0) / texts.length, 9);

    const { time, basis } = await measured(estimates);
    expect(basis).toBe('Measured by trying out the model here for a moment.');
    const { hyperParameters } = request().settings;
    const { total } = tuningSteps(hyperParameters, 64);
    const stepsMs = (1000 * total * 64 * first.tokensPerSample!) / time!.tokensPerSecond;
    expect(time!.mostMs).toBeGreaterThan(stepsMs);
    expect(time!.leastMs).toBeLessThan(time!.mostMs);

    const other = tuningSettingsSchema.parse({ hyperParameters: { loraRank: 4, cutoffTokens: 24 } });
    const again = await measured(estimates, request({ settings: other }));
    expect(again).toMatchObject({ tokensPerSample: 24, basis: /^Measured by .*, with other settings\.$/ });
    expect(engines.filter(({ role }) => role === 'trial')).toHaveLength(1);
  });

  it('says what would fit where it does not, and then tries nothing out', async () => {
    const { memory, wouldFit, time, basis } = await measured(estimatesIn('tight', 1e6));
    expect(memory).toMatchObject({ fits: false, limitBytes: 1e6 });
    expect([time, basis]).toEqual([null, 'It does not fit.']);
    expect(wouldFit).toMatch(/take a smaller model/);
    expect(engines.map(({ role }) => role)).toEqual(['plan']);
  });

  it('has no memory to tell of a device that does not say what it has', async () => {
    expect(await estimatesIn('fresh', undefined).estimate(request())).toMatchObject({ memory: null, wouldFit: null });
  });

  it('does not disturb a job by a trial, and makes way for one that comes', async () => {
    const estimates = estimatesIn('busy', 8e9);
    busy = true;
    expect(await measured(estimates)).toMatchObject({ time: null, basis: /while it works on something else/ });
    busy = false;
    expect(await estimates.estimate(request())).toMatchObject({ measuring: true });
    await estimates.stopTrial();
    const trial = engines.find(({ role }) => role === 'trial')!;
    expect(trial.child.ended).toBe(true);
    expect((await measured(estimates)).time).not.toBeNull();
  });

  it('gives up a trial that takes too long, says so, and does not begin it again', async () => {
    const estimates = estimatesIn('late', 8e9, { trialMs: 1 });
    const late = /could not try it out: it takes longer than 0\.001 s/;
    expect(await measured(estimates)).toMatchObject({ time: null, basis: late });
    expect(await measured(estimates)).toMatchObject({ time: null, basis: late });
    expect(engines.filter(({ role }) => role === 'trial')).toHaveLength(1);
  });

  it.each([
    [{ samples: null }, /How many samples there are is not known/],
    [{ texts: [] }, /How many samples there are is not known/],
    [{ samples: { train: 0, valid: 0 } }, /no sample to learn from/],
  ])('has no time where it cannot be told: %j', async (change, words) => {
    expect(await measured(estimatesIn('fresh', 8e9), request(change))).toMatchObject({ time: null, basis: words });
  });

  it('ends its process when nothing is asked any more, and begins another one', async () => {
    const estimates = estimatesIn('fresh', 8e9, { idleMs: 1 });
    await estimates.estimate(request());
    const [planner] = engines;
    while (!planner!.child.ended) await pause(20);
    const asked = request({ settings: tuningSettingsSchema.parse({ hyperParameters: { loraRank: 16 } }) });
    expect(await estimates.estimate(asked)).toMatchObject({ memory: { fits: true } });
  });
});
