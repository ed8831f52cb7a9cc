import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSamples, paperSplit, samplingSchema } from '@tallrec/shared/interactions';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataPlace } from './engine-calls.ts';
import { holdOut, labelledSamples, tuningData } from './job-data.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'data-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const sampling = samplingSchema.parse({ historyLength: 3 });
async function place(
  kind: DataPlace['kind'],
  rows: unknown[],
  split: DataPlace['split'] = 'train',
): Promise<DataPlace> {
  const file = join(dir, `${crypto.randomUUID()}.jsonl`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { kind, file, split, sampling };
}
const settings = (more = {}) => tuningSettingsSchema.parse(more);
const ratings = Array.from({ length: 90 }, (_, at) => ({
  user: `u${at % 3}`,
  item: `i${at}`,
  title: `Title ${at}`,
  rating: at % 5,
  time: at,
}));
const samples = Array.from({ length: 30 }, (_, at) => ({
  noun: 'movie',
  history: [],
  target: { title: `T${at}` },
  liked: at % 2 === 0,
}));

describe('samples of a job', () => {
  it('are built of interactions and split as in the paper', async () => {
    const all = buildSamples(ratings, sampling);
    expect(await labelledSamples(await place('interactions', ratings, 'all'))).toEqual(all);
    for (const split of ['train', 'valid', 'test'] as const) {
      expect(await labelledSamples(await place('interactions', ratings, split))).toEqual(paperSplit(all)[split]);
    }
  });

  it('are split in the proportions that the data set names', async () => {
    const all = buildSamples(ratings, sampling);
    const halved: DataPlace = {
      ...(await place('interactions', ratings)),
      sampling: { ...sampling, parts: [2, 1, 1] },
    };
    const sizes = await Promise.all(
      (['train', 'valid', 'test'] as const).map(async (split) => (await labelledSamples({ ...halved, split })).length),
    );
    expect(sizes).toEqual([40, 20, 21]);
    expect(all).toHaveLength(81);
    const tuned = await tuningData({ train: halved, valid: null, settings: settings() });
    expect([tuned.train.length, tuned.valid.length]).toEqual([40, 20]);
  });

  it('are refused with words where there are none', async () => {
    const few = await place('interactions', ratings.slice(0, 6), 'all');
    await expect(labelledSamples(few)).rejects.toMatchObject({
      message: expect.stringContaining('more than 3 ratings'),
    });
    await expect(labelledSamples(await place('instructions', []))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('data of a tuning', () => {
  it('is judged by what was named for it, else by the split, else by a tenth', async () => {
    const train = await place('samples', samples);
    const named = await tuningData({ train, valid: await place('samples', samples.slice(0, 4)), settings: settings() });
    expect([named.train.length, named.valid]).toEqual([30, samples.slice(0, 4)]);
    const split = await tuningData({ train: await place('interactions', ratings), valid: null, settings: settings() });
    const { train: learned, valid } = paperSplit(buildSamples(ratings, sampling));
    expect(split).toEqual({ stage: 'rec', train: learned, valid });
    const tenth = await tuningData({ train, valid: null, settings: settings() });
    expect([tenth.train.length, tenth.valid.length]).toEqual([27, 3]);
  });

  it('is instructions in the first stage and nothing else', async () => {
    const rows = [{ instruction: 'a', input: '', output: 'b' }];
    const alpaca = settings({ stage: 'alpaca' });
    const data = await tuningData({ train: await place('instructions', rows), valid: null, settings: alpaca });
    expect(data).toEqual({ stage: 'alpaca', train: rows, valid: [] });
    const wrong = tuningData({ train: await place('samples', samples), valid: null, settings: alpaca });
    await expect(wrong).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('held out: a tenth of any rows, drawn by the seed, in order, nothing twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 60 }), fc.nat(0xffff), (rows, seed) => {
        const { train, valid } = holdOut(rows, seed);
        expect(holdOut(rows, seed)).toEqual({ train, valid });
        expect([...train, ...valid].sort()).toEqual([...rows].sort());
        expect(valid.length).toBe(rows.length < 2 ? 0 : Math.max(1, Math.floor(rows.length / 10)));
        expect(rows.filter((row) => train.includes(row))).toEqual(train);
      }),
    );
  });
});
