import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Speed, SpeedStore, speedFor, workOf } from './speeds.ts';

const settings = tuningSettingsSchema.parse({});
const cpu = { provider: 'cpu', precision: 'f32' };
const work = workOf(cpu, settings, false);
const speed = (tokensPerSecond: number, change: Partial<Speed> = {}): Speed => ({
  ...{
    from: 'tuning',
    work,
    atMs: 0,
    stepTokens: 1000,
    tokensPerSecond,
    evaluatedTokensPerSecond: 2 * tokensPerSecond,
    otherMs: 5,
  },
  ...change,
});

describe('the speed to expect', () => {
  it('is the median of the last tunings of the very same work', () => {
    const slow = [1, 1, 1, 1].map((one) => speed(one));
    const known = speedFor(work, [...slow, speed(100), speed(120), speed(110), speed(900), speed(90)]);
    expect(known).toEqual({
      ...{ stepMs: 0, tokenMs: 1000 / 110, evaluatedTokensPerSecond: 220, otherMs: 5 },
      ...{ from: 'tuning', count: 5, alike: true },
    });
  });

  it('is else that of tunings with other settings, else of a trial, and never that of another provider', () => {
    const all = { hyperParameters: { loraModules: ['v_proj', 'q_proj', 'k_proj'] } };
    const other = workOf(cpu, tuningSettingsSchema.parse(all), false);
    const trial = speed(7, { from: 'trial' });
    expect(speedFor(work, [trial, speed(50, { work: other })])).toMatchObject({ tokenMs: 20, alike: false });
    expect(speedFor(work, [trial])).toMatchObject({ tokenMs: 1000 / 7, from: 'trial', alike: true, count: 1 });
    expect(speedFor(workOf({ ...cpu, provider: 'cuda' }, settings, false), [trial, speed(50)])).toBeUndefined();
  });

  it('takes what a step costs beside its tokens from steps of different sizes, where they agree with that', () => {
    const step = (stepTokens: number, ms: number) => speed((1000 * stepTokens) / ms, { stepTokens });
    expect(speedFor(work, [step(1000, 300), step(4000, 900), step(2000, 500)])).toMatchObject({
      stepMs: expect.closeTo(100, 6),
      tokenMs: expect.closeTo(0.2, 6),
    });
    // Large ones that were slower for their size, as on a machine that was busy then, tell nothing of the kind.
    expect(speedFor(work, [step(1000, 100), step(4000, 4000)])).toMatchObject({ stepMs: 0 });
    expect(speedFor(work, [step(1000, 300), step(1400, 100)])).toMatchObject({ stepMs: 0 });
  });

  it('does not depend on the order in which modules are named', () => {
    const named = (...loraModules: string[]) =>
      workOf(cpu, tuningSettingsSchema.parse({ hyperParameters: { loraModules } }), false);
    expect(named('v_proj', 'q_proj')).toEqual(named('q_proj', 'v_proj'));
  });
});

describe('the speeds on the disk', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'speeds-'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it('are kept by the content of the model, the last twenty', async () => {
    const store = new SpeedStore(home);
    expect(await store.read('ab')).toEqual([]);
    for (let at = 1; at <= 23; at++) await store.add('ab', speed(at));
    const kept = await new SpeedStore(home).read('ab');
    expect(kept.map(({ tokensPerSecond }) => tokensPerSecond)).toEqual(Array.from({ length: 20 }, (_, i) => i + 4));
    expect(await store.read('cd')).toEqual([]);
    expect(await readdir(join(home, 'speeds'))).toEqual(['ab.json']);
  });

  it('are begun anew where the file cannot be read', async () => {
    const store = new SpeedStore(home);
    await writeFile(join(home, 'speeds', 'ef.json'), '[{"tokensPerSecond":');
    expect(await store.read('ef')).toEqual([]);
    await store.add('ef', speed(3));
    expect(await store.read('ef')).toHaveLength(1);
  });
});
