// What any scores are worth: their AUC beside its interval, what is left within users, and the rules to beat.
import {
  auc,
  bootstrapInterval,
  historyShare,
  itemPopularity,
  perUserAuc,
  type ScoredRow,
} from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { inferUsers } from './infer-users.ts';

export type Figures = Omit<EvaluationReport, 'template' | 'precision' | 'provider' | 'tokens' | 'durationMs' | 'fit'>;

export interface Judgement {
  figures: Figures;
  /** Of each sample, where the samples name it or it could be found. */
  users: (string | undefined)[];
}

/**
 * @param scores one a sample; higher means more likely liked
 * @param train for item popularity
 * @param blended scores that are reported beside the plain ones
 * @throws RangeError on a score that is not finite
 */
export function judge(
  samples: readonly LabelledSample[],
  scores: readonly number[],
  { train, blended }: { train?: readonly LabelledSample[] | undefined; blended?: readonly number[] | undefined } = {},
): Judgement {
  const usersInferred = samples.every(({ user }) => user === undefined);
  const users = usersInferred ? inferUsers(samples) : samples.map(({ user }) => user);
  const rowsBy = (values: readonly number[]): ScoredRow[] =>
    samples.map(({ liked }, index) => ({ score: values[index]!, liked, user: users[index] }));
  const both = (values: readonly number[] | undefined) => {
    if (!values) return { auc: null, within: null };
    const rows = rowsBy(values);
    return { auc: auc(rows), within: perUserAuc(rows).mean };
  };

  const scored = rowsBy(scores);
  const within = perUserAuc(scored);
  const rule = both(samples.map(historyShare));
  const popularity = both(train?.length ? samples.map(itemPopularity(train)) : undefined);
  const blend = both(blended);
  return {
    users,
    figures: {
      auc: auc(scored),
      interval: bootstrapInterval(scored),
      perUserAuc: within.mean,
      users: within.users,
      usersInferred: usersInferred && within.users > 0,
      n: samples.length,
      likedShare: samples.length === 0 ? 0 : samples.filter(({ liked }) => liked).length / samples.length,
      ruleAuc: rule.auc,
      rulePerUserAuc: rule.within,
      popularityAuc: popularity.auc,
      popularityPerUserAuc: popularity.within,
      blendAuc: blend.auc,
      blendPerUserAuc: blend.within,
    },
  };
}
