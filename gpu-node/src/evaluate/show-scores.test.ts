import { LIMITS } from '@tallrec/shared/limits';
import { expectedCalibrationError } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import { inputOf, type LabelledSample } from '@tallrec/shared/sample';
import { evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import { nodeFrameSchema } from '@tallrec/shared/wire/link';
import { describe, expect, it } from 'vitest';
import { judge } from './judge.ts';
import { showScores } from './show-scores.ts';

function sample(index: number, liked: boolean, title = `Film ${index}`): LabelledSample {
  return { user: `u${index % 12}`, noun: 'movie', history: [{ title: 'Seen', liked: true }], target: { title }, liked };
}
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
const nobody = (samples: readonly unknown[]) => samples.map(() => undefined);

describe('what is shown of scores', () => {
  const logits = [40, 45, -3, 2, -50, 1, 0];
  const liked = [true, true, true, false, false, false, true];
  const samples = liked.map((like, index) => sample(index, like));
  const shown = showScores(samples, { scores: logits, probabilities: logits.map(sigmoid), users: nobody(samples) });

  it('has the most confident first, right and wrong apart, also where probabilities round to one', () => {
    expect(shown.examples!.best.map(({ row }) => row)).toEqual([5, 2, 1]);
    expect(shown.examples!.worst.map(({ row }) => row)).toEqual([3, 4, 6]);
    expect(shown.examples!.best[1]).toEqual({
      row: 2,
      score: sigmoid(45),
      liked: true,
      user: null,
      target: 'Film 1',
      prompt: inputOf(samples[1]!),
    });
  });

  it('spreads probabilities over [0, 1] with their calibration', () => {
    const { scale, low, high, bins, calibration } = shown.distribution!;
    expect([scale, low, high]).toEqual(['probability', 0, 1]);
    expect(bins[19]).toMatchObject({ liked: 2, disliked: 0 });
    expect(bins[0]).toMatchObject({ liked: 1, disliked: 1 });
    expect(calibration!.ece).toBe(expectedCalibrationError(bins));
    expect(calibration!.brier).toBeGreaterThan(0);
  });

  it('does so for the probabilities of a blend, too', () => {
    const blended = liked.map((like) => (like ? 0.9 : 0.1));
    const { blendDistribution } = showScores(samples, { scores: logits, blended, users: nobody(samples) });
    expect(blendDistribution).toMatchObject({ scale: 'probability', low: 0, high: 1 });
    expect(blendDistribution!.bins[18]!.liked).toBe(liked.filter(Boolean).length);
    expect(blendDistribution!.calibration!.brier).toBeCloseTo(0.01, 12);
    expect(shown.blendDistribution).toBeNull();
  });

  it('says of other scores that they are none, and measures rightness from their median', () => {
    const scores = [5, 9, 1, 7, 3];
    const own = [true, false, true, true, false].map((like, index) => sample(index, like));
    const { distribution, examples } = showScores(own, { scores, users: nobody(own) });
    expect(distribution).toMatchObject({ scale: 'score', low: 1, high: 9, calibration: null });
    expect(examples!.best.map(({ row }) => row)).toEqual([4, 5]);
    expect(examples!.worst.map(({ row }) => row)).toEqual([2, 3]);
  });

  it('has nothing to show of nothing', () => {
    expect(showScores([], { scores: [], users: [] })).toEqual({
      ...{ distribution: null, blendDistribution: null, examples: null },
    });
  });
});

it('stays small, whatever the rows hold: a report goes in one frame, and into a row of the record', () => {
  const wide = '\u{1f3ac}'.repeat(LIMITS.titleCharacters / 2);
  const samples = Array.from({ length: 400 }, (_, index) => ({
    ...sample(index, index % 2 === 0, wide),
    user: '界'.repeat(LIMITS.idCharacters - 3) + String(index % 30).padStart(3, '0'),
    history: Array.from({ length: LIMITS.historyItems }, () => ({ title: wide, liked: true })),
  }));
  const scores = samples.map(({ liked }, index) => (liked ? 1 : -1) * (index % 4 < 2 ? 1 : -1) * (1 + index));
  const { figures, users } = judge(samples, scores, {
    train: samples,
    catalogue: new Set(),
    blended: scores.map((logOdds) => ({ logOdds, rank: logOdds })),
    untuned: scores,
  });
  const report = evaluationReportSchema.parse({
    ...figures,
    ...showScores(samples, { scores, probabilities: scores.map(sigmoid), users }),
    ...{ template: 'clean', precision: 'f32', provider: 'cpu', tokens: 1, durationMs: 1, fit: null },
  });
  for (const rows of Object.values(report.examples!)) {
    expect(rows).toHaveLength(LIMITS.judgedExamples);
    for (const { prompt } of rows) expect(prompt).toMatch(/target movie ".*"\?$|…/su);
  }
  const frame = nodeFrameSchema.parse({
    ...{ v: 1, type: 'finished', job: 'eval_01jdgq5v5v5v5v5v5v5v5v5v5v', fence: 1 },
    outcome: { status: 'succeeded', result: { kind: 'evaluate', report } },
  });
  expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThan(LIMITS.frameBytes / 8);
});

it('measures every figure by the same draws, and how far the rule is passed', () => {
  const random = Random.seeded(4);
  const samples = Array.from({ length: 300 }, (_, index) => sample(index, random.uniform() < 0.4));
  const scores = samples.map(({ liked }, index) => (liked ? 0.3 : 0) + ((index * 31) % 97) / 97);
  const { figures } = judge(samples, scores, { blended: scores.map((logOdds) => ({ logOdds, rank: logOdds })) });
  expect(figures.intervals).toMatchObject({ blend: figures.interval, popularity: null, popularityPerUser: null });
  expect(figures.intervals!.blendPerUser).toEqual(figures.intervals!.perUser);
  // One history is as good as another here: the rule guesses.
  expect(figures.intervals!.rule).toMatchObject({ low: 0.5, high: 0.5 });
  expect(figures.overRule!.auc!.value).toBeCloseTo(figures.auc! - 0.5, 12);
  expect(figures.overRule!.auc!.low).toBeCloseTo(figures.interval!.low - 0.5, 12);
  expect(figures.overRule!.perUserAuc!.low).toBeCloseTo(figures.intervals!.perUser!.low - 0.5, 12);
});
