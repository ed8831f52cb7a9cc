// Evaluates a model on labelled samples: its AUC beside its interval, what is left within users, and the rules it has to beat.
import { type Blend, blendLogit } from '@tallrec/shared/blend';
import {
  auc,
  bootstrapInterval,
  historyShare,
  itemPopularity,
  perUserAuc,
  type ScoredRow,
} from '@tallrec/shared/metrics';
import type { Template } from '@tallrec/shared/prompt';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { Score } from '@tallrec/shared/wire/score';
import type { LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';
import { type ScoreOptions, scoreSamples, withBlend } from '../score/scorer.ts';
import { inferUsers } from './infer-users.ts';

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
  const usersInferred = samples.every(({ user }) => user === undefined);
  const users = usersInferred ? inferUsers(samples) : samples.map(({ user }) => user);
  const rowsBy = (score: (sample: LabelledSample, index: number) => number): ScoredRow[] =>
    samples.map((sample, index) => ({ score: score(sample, index), liked: sample.liked, user: users[index] }));

  // Logits, not probabilities: where those round to 0 or 1, the order would be lost.
  const scored = rowsBy((_, index) => results[index]!.yesLogit - results[index]!.noLogit);
  const rule = rowsBy(historyShare);
  const fans = train?.length ? itemPopularity(train) : undefined;
  const popularity = fans && rowsBy(fans);
  const blended =
    blend &&
    rowsBy(
      (
        (logit) => (sample, index) =>
          logit(sample, results[index]!)
      )(blendLogit(blend, fans)),
    );
  const within = perUserAuc(scored);
  return {
    predictions: withBlend(blend, samples, results, fans).map((score, index) => ({
      ...score,
      liked: samples[index]!.liked,
      user: users[index],
    })),
    report: {
      auc: auc(scored),
      interval: bootstrapInterval(scored),
      perUserAuc: within.mean,
      users: within.users,
      usersInferred: usersInferred && within.users > 0,
      n: samples.length,
      likedShare: samples.length === 0 ? 0 : samples.filter(({ liked }) => liked).length / samples.length,
      ruleAuc: auc(rule),
      rulePerUserAuc: perUserAuc(rule).mean,
      popularityAuc: popularity ? auc(popularity) : null,
      popularityPerUserAuc: popularity ? perUserAuc(popularity).mean : null,
      blendAuc: blended ? auc(blended) : null,
      blendPerUserAuc: blended ? perUserAuc(blended).mean : null,
      template,
      precision,
      provider,
      tokens,
      durationMs,
    },
  };
}
