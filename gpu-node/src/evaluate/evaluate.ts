// Evaluates a model on labelled samples: its AUC beside its interval, what is left within users, and the rules it has to beat.
import { type Blend, blendLogit } from '@tallrec/shared/blend';
import { itemPopularity } from '@tallrec/shared/metrics';
import type { Template } from '@tallrec/shared/prompt';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { Score } from '@tallrec/shared/wire/score';
import type { LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';
import { type ScoreOptions, scoreSamples, withBlend } from '../score/scorer.ts';
import { judge } from './judge.ts';

export interface EvaluateOptions extends ScoreOptions {
  template: Template;
  precision: string;
  provider: string;
  /** Training samples, for item popularity. */
  train?: readonly LabelledSample[] | undefined;
  /** The adapter's, reported beside the plain score. */
  blend?: Blend | null | undefined;
  clock?: () => number;
}

/** A sample's score beside the truth. */
export interface Prediction extends Score {
  liked: boolean;
  user?: string | undefined;
}

export interface Evaluation {
  report: EvaluationReport;
  /** In the order of the samples. */
  predictions: Prediction[];
}

/**
 * @param rows made with the same template
 * @throws TallrecError when aborted, or when a prompt does not fit
 */
export async function evaluateSamples(
  model: LanguageModel,
  rows: PromptRows,
  samples: readonly LabelledSample[],
  { template, precision, provider, train, blend, clock = () => performance.now(), ...options }: EvaluateOptions,
): Promise<Evaluation> {
  const startedAt = clock();
  const { results, tokens } = await scoreSamples(model, rows, samples, options);
  const durationMs = clock() - startedAt;
  // Logits, not probabilities: where those round to 0 or 1, the order would be lost.
  const logits = results.map(({ yesLogit, noLogit }) => yesLogit - noLogit);
  const fans = train?.length ? itemPopularity(train) : undefined;
  const blended = blend ? blendLogit(blend, fans) : undefined;
  const { figures, users } = judge(samples, logits, {
    train,
    blended: blended && samples.map((sample, index) => blended(sample, results[index]!)),
  });
  return {
    predictions: withBlend(blend, samples, results, fans).map((score, index) => ({
      ...score,
      liked: samples[index]!.liked,
      user: users[index],
    })),
    report: { ...figures, template, precision, provider, tokens, durationMs, fit: null },
  };
}
