import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auc,
  bootstrapAucs,
  bootstrapInterval,
  bootstrapPerUserAucs,
  brierScore,
  expectedCalibrationError,
  historyShare,
  percentileInterval,
  perUserAuc,
  type ScoredRow,
  scoreBins,
} from './metrics.ts';
import { Random } from './random.ts';

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

describe('several scorings of the same rows', () => {
  const random = Random.seeded(1);
  const labels = Array.from({ length: 240 }, (_, i) => ({ liked: random.uniform() < 0.5, user: `u${i % 24}` }));
  const good = labels.map(({ liked }) => (liked ? 0.4 : 0) + random.uniform());
  const poor = labels.map(({ liked }) => (liked ? 0.1 : 0) + random.uniform());

  it('are drawn together: one that is the other differs from it by nothing', () => {
    for (const bootstrap of [bootstrapAucs, bootstrapPerUserAucs]) {
      const [a, b] = bootstrap(labels, [good, good.map((score) => 2 * score)]).of;
      expect(a).toHaveLength(1000);
      expect(b).toEqual(a);
    }
  });

  it('give the intervals that each has alone', () => {
    const rows = labels.map((row, i) => ({ ...row, score: poor[i]! }));
    const { of, resampled } = bootstrapAucs(labels, [good, poor]);
    expect(percentileInterval(of[1]!, { resampled })).toEqual(bootstrapInterval(rows));
  });

  it('tell a difference that lies outside what each interval says of itself', () => {
    const { of, resampled } = bootstrapAucs(labels, [good, poor]);
    const difference = percentileInterval(
      of[0]!.map((draw, i) => draw - of[1]![i]!),
      { resampled },
    )!;
    expect(difference.low).toBeGreaterThan(0);
    expect(difference.high).toBeLessThan(0.5);
  });

  it('within users hold the mean, and have no interval where users are few', () => {
    const { of, resampled } = bootstrapPerUserAucs(labels, [good]);
    const within = percentileInterval(of[0]!, { resampled })!;
    const { mean } = perUserAuc(labels.map((row, i) => ({ ...row, score: good[i]! })));
    expect(within).toMatchObject({ resampled: 'users', level: 0.95 });
    expect([within.low < mean!, within.high > mean!]).toEqual([true, true]);
    const few = labels.map((row, i) => ({ ...row, user: `u${i % 9}` }));
    expect(bootstrapPerUserAucs(few, [good]).of).toEqual([[]]);
  });

  it('of one class alone have neither AUC nor interval', () => {
    const liked = labels.map((row) => ({ ...row, liked: true }));
    const { of, resampled } = bootstrapAucs(liked, [good]);
    expect(percentileInterval(of[0]!, { resampled })).toBeNull();
  });
});

describe('calibration', () => {
  const probabilities = fc.array(
    fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), liked: fc.boolean() }),
    { minLength: 1, maxLength: 60 },
  );
  const unit = { low: 0, high: 1, count: 20 };

  it('counts every row once, in the bin between whose borders it lies', () => {
    fc.assert(
      fc.property(probabilities, (rows) => {
        const bins = scoreBins(rows, unit);
        expect(bins).toHaveLength(20);
        for (const [at, { liked, disliked, meanScore }] of bins.entries()) {
          const own = rows.filter(({ score }) => Math.min(19, Math.floor(20 * score)) === at);
          expect([liked, disliked]).toEqual([
            own.filter((row) => row.liked).length,
            own.filter((row) => !row.liked).length,
          ]);
          if (own.length === 0) expect(meanScore).toBeNull();
          else expect(meanScore).toBeCloseTo(own.reduce((sum, { score }) => sum + score, 0) / own.length, 12);
        }
      }),
    );
  });

  it('has an error by its definition, sum over bins of |Bₘ|/n · |acc(Bₘ) − conf(Bₘ)|', () => {
    const rows = [
      { score: 0.1, liked: false },
      { score: 0.12, liked: true },
      { score: 0.9, liked: true },
      { score: 0.94, liked: true },
    ];
    expect(expectedCalibrationError(scoreBins(rows, unit))).toBeCloseTo(0.5 * (0.5 - 0.11) + 0.5 * (1 - 0.92), 12);
    expect(expectedCalibrationError([])).toBeNull();
  });

  it('is perfect where the share of likes in each bin is what was said', () => {
    const rows = [0.25, 0.75].flatMap((score) =>
      Array.from({ length: 100 }, (_, i) => ({ score, liked: i < 100 * score })),
    );
    expect(expectedCalibrationError(scoreBins(rows, unit))).toBeCloseTo(0, 12);
    expect(brierScore(rows)).toBeCloseTo(0.25 * 0.75, 12);
  });

  it('scores a guess of one half by Brier with one quarter, and certainty by what came true', () => {
    const half = [true, false, true].map((liked) => ({ score: 0.5, liked }));
    expect(brierScore(half)).toBeCloseTo(0.25, 12);
    expect(
      brierScore([
        { score: 1, liked: true },
        { score: 0, liked: false },
      ]),
    ).toBe(0);
    expect(brierScore([{ score: 1, liked: false }])).toBe(1);
    expect(brierScore([])).toBeNull();
  });

  it('puts scores that are all alike into one bin', () => {
    const rows = [1, 2, 3].map(() => ({ score: 7, liked: true }));
    expect(scoreBins(rows, { low: 7, high: 7, count: 3 }).map(({ liked }) => liked)).toEqual([3, 0, 0]);
  });
});
