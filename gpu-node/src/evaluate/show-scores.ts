// What figures hide: how scores are spread over what was liked and what was not, and the rows on which they are most right and most wrong.

import { LIMITS } from '@tallrec/shared/limits';
import { brierScore, expectedCalibrationError, scoreBins } from '@tallrec/shared/metrics';
import { inputOf, type LabelledSample } from '@tallrec/shared/sample';
import {
  type EvaluationReport,
  type JudgedExample,
  SCORE_BINS,
  type ScoreDistribution,
} from '@tallrec/shared/wire/evaluations';

export interface ShownScores {
  /** One a sample: log-odds of a like, or on a scale of the method's own. */
  scores: readonly number[];
  /** Of a like, one a sample, where the scores stand for such. */
  probabilities?: readonly number[] | undefined;
  /** By the adapter's blend, one a sample. */
  blended?: readonly number[] | undefined;
  users: readonly (string | undefined)[];
}

/** @param samples in the order of the scores */
export function showScores(
  samples: readonly LabelledSample[],
  shown: ShownScores,
): Pick<EvaluationReport, 'distribution' | 'blendDistribution' | 'examples'> {
  if (samples.length === 0) return { distribution: null, blendDistribution: null, examples: null };
  const { scores, probabilities, blended } = shown;
  return {
    distribution: distributionOf(samples, { scores, probabilities }),
    blendDistribution: blended ? distributionOf(samples, { scores: blended, probabilities: blended }) : null,
    examples: examplesOf(samples, shown),
  };
}

function distributionOf(
  samples: readonly LabelledSample[],
  { scores, probabilities }: Pick<ShownScores, 'scores' | 'probabilities'>,
): ScoreDistribution {
  const values = probabilities ?? scores;
  const rows = samples.map(({ liked }, index) => ({ score: values[index]!, liked }));
  const [low, high] = probabilities ? [0, 1] : rangeOf(scores);
  const bins = scoreBins(rows, { low, high, count: SCORE_BINS });
  const calibration = probabilities && { ece: expectedCalibrationError(bins)!, brier: brierScore(rows)! };
  return { scale: probabilities ? 'probability' : 'score', low, high, bins, calibration: calibration ?? null };
}

/** Not by spreading: there may be millions. */
function rangeOf(values: readonly number[]): [number, number] {
  return [
    values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  ];
}

/**
 * Right is what was liked above the middle and what was not below it, the more so the further away. The middle is even odds, and for
 * scores that stand for no probability their median. By scores and not by probabilities, of which many round to 1.
 */
function examplesOf(
  samples: readonly LabelledSample[],
  { scores, probabilities, users }: ShownScores,
): EvaluationReport['examples'] {
  const middle = probabilities ? 0 : medianOf(scores);
  const judged = samples.map(({ liked }, index) => ({
    index,
    rightness: liked ? scores[index]! - middle : middle - scores[index]!,
  }));
  const example = ({ index }: { index: number }): JudgedExample => ({
    row: index + 1,
    score: (probabilities ?? scores)[index]!,
    liked: samples[index]!.liked,
    user: users[index] ?? null,
    target: clipped(samples[index]!.target.title, LIMITS.exampleTitleCharacters),
    prompt: withoutMiddle(inputOf(samples[index]!), LIMITS.examplePromptCharacters),
  });
  // Of equals the first come first.
  const first = (rows: typeof judged) =>
    rows
      .toSorted((a, b) => Math.abs(b.rightness) - Math.abs(a.rightness) || a.index - b.index)
      .slice(0, LIMITS.judgedExamples)
      .map(example);
  return {
    best: first(judged.filter(({ rightness }) => rightness > 0)),
    worst: first(judged.filter(({ rightness }) => rightness < 0)),
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`.toWellFormed();
}

/** What is asked about stands last. */
function withoutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 3);
  return `${text.slice(0, most - end - 1)}…${text.slice(-end)}`.toWellFormed();
}
