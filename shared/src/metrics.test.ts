import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, bootstrapInterval, historyShare, itemPopularity, perUserAuc, type ScoredRow } from './metrics.ts';
import type { LabelledSample } from './sample.ts';

const rowsArbitrary = fc.array(
  fc.record({ score: fc.integer({ min: -5, max: 5 }), liked: fc.boolean(), user: fc.constantFrom('a', 'b', 'c') }),
  { minLength: 1, maxLength: 40 },
);

function aucByPairs(rows: readonly ScoredRow[]): number | null {
  const liked = rows.filter((row) => row.liked);
  const disliked = rows.filter((row) => !row.liked);
  if (!liked.length || !disliked.length) return null;
  let wins = 0;
  for (const a of liked) for (const b of disliked) wins += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
  return wins / (liked.length * disliked.length);
}

describe('auc', () => {
  it('is the share of liked–disliked pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const expected = aucByPairs(rows);
        const got = auc(rows);
        if (expected === null) expect(got).toBeNull();
        else expect(got).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('does not change under a rising map of the scores, and mirrors under a falling one', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const plain = auc(rows);
        if (plain === null) return;
        expect(auc(rows.map((row) => ({ ...row, score: Math.exp(row.score) })))).toBeCloseTo(plain, 12);
        expect(auc(rows.map((row) => ({ ...row, score: -row.score })))).toBeCloseTo(1 - plain, 12);
      }),
    );
  });

  it('refuses a score that is not finite', () => {
    expect(() => auc([{ score: Number.NaN, liked: true }])).toThrow(/row 0/);
  });
});

describe('perUserAuc', () => {
  it('is blind to users’ base rates', () => {
    const rows = [
      { user: 'likes all', score: 0.9, liked: true },
      { user: 'likes all', score: 0.8, liked: true },
      { user: 'mixed', score: 0.1, liked: true },
      { user: 'mixed', score: 0.2, liked: false },
    ];
    expect(auc(rows)).toBeCloseTo(2 / 3);
    expect(perUserAuc(rows)).toEqual({ mean: 0, users: 1 });
  });

  it('has no mean where rows name no users', () => {
    expect(perUserAuc([{ score: 1, liked: true }])).toEqual({ mean: null, users: 0 });
  });
});

describe('bootstrapInterval', () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ score: i + ((i * 7919) % 120), liked: i > 100 }));

  it('holds the AUC and is the same for the same seed', () => {
    const interval = bootstrapInterval(rows, { seed: 3 })!;
    expect(interval.low).toBeLessThan(auc(rows)!);
    expect(interval.high).toBeGreaterThan(auc(rows)!);
    expect(bootstrapInterval(rows, { seed: 3 })).toEqual(interval);
    expect(interval.resampled).toBe('rows');
  });

  it('draws whole users where every row names one, which is wider for dependent rows', () => {
    const byUser = rows.map((row, i) => ({ ...row, user: String(Math.floor(i / 20)) }));
    const interval = bootstrapInterval(byUser)!;
    const plain = bootstrapInterval(rows)!;
    expect(interval.resampled).toBe('users');
    expect(interval.high - interval.low).toBeGreaterThan(plain.high - plain.low);
  });

  it('draws rows where users are too few to draw', () => {
    const byUser = rows.map((row, i) => ({ ...row, user: String(i % 9) }));
    expect(bootstrapInterval(byUser)!.resampled).toBe('rows');
  });
});

const sample = (user: string, liked: string[], target: string, likesTarget: boolean): LabelledSample => ({
  user,
  noun: 'movie',
  history: liked.map((title) => ({ title, liked: true })),
  target: { title: target },
  liked: likesTarget,
});

it('historyShare is the liked part of the history', () => {
  expect(historyShare({ history: [] })).toBe(0.5);
  expect(
    historyShare({
      history: [
        { title: 'A', liked: true },
        { title: 'B', liked: false },
        { title: 'C', liked: false },
        { title: 'D', liked: false },
      ],
    }),
  ).toBe(0.25);
});

it('itemPopularity counts each user once', () => {
  const popularity = itemPopularity([
    sample('ann', ['A', 'B'], 'C', true),
    sample('ann', ['B', 'C'], 'D', false),
    sample('ben', ['B'], 'A', true),
  ]);
  expect(['A', 'B', 'C', 'D', 'E'].map((title) => popularity({ target: { title } }))).toEqual([2, 2, 1, 0, 0]);
});
