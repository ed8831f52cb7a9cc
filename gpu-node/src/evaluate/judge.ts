// What any scores are worth: their AUC beside its interval, what is left within users, and the rules to beat.
import {
  auc,
  bootstrapAucs,
  bootstrapPerUserAucs,
  type Draws,
  historyShare,
  itemPopularity,
  percentileInterval,
  perUserAuc,
  type ScoredRow,
} from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { inferUsers } from './infer-users.ts';

export type Figures = Omit<
  EvaluationReport,
  'template' | 'precision' | 'provider' | 'tokens' | 'durationMs' | 'fit' | 'distribution' | 'examples'
>;

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

  const popular = train?.length ? itemPopularity(train) : undefined;
  const scorings = [scores, samples.map(historyShare), popular && samples.map(popular), blended];
  const [own, rule, popularity, blend] = scorings.map((values) => {
    if (!values) return { auc: null, within: null, users: 0 };
    const rows = rowsBy(values);
    const { mean, users } = perUserAuc(rows);
    return { auc: auc(rows), within: mean, users };
  });
  const labels = samples.map(({ liked }, index) => ({ liked, user: users[index] }));
  const { interval, ...compared } = comparison(labels, scorings, own!, rule!);
  return {
    users,
    figures: {
      auc: own!.auc,
      interval,
      perUserAuc: own!.within,
      users: own!.users,
      usersInferred: usersInferred && own!.users > 0,
      n: samples.length,
      likedShare: samples.length === 0 ? 0 : samples.filter(({ liked }) => liked).length / samples.length,
      ruleAuc: rule!.auc,
      rulePerUserAuc: rule!.within,
      popularityAuc: popularity!.auc,
      popularityPerUserAuc: popularity!.within,
      blendAuc: blend!.auc,
      blendPerUserAuc: blend!.within,
      ...compared,
    },
  };
}

interface BothAucs {
  auc: number | null;
  within: number | null;
}

/** @param scorings the judged one, the rule's, and those of popularity and blend where there are such */
function comparison(
  labels: readonly { liked: boolean; user: string | undefined }[],
  scorings: readonly (readonly number[] | undefined)[],
  own: BothAucs,
  rule: BothAucs,
): Pick<Figures, 'interval' | 'intervals' | 'overRule'> {
  const there = scorings.filter((values) => values !== undefined);
  const all = bootstrapAucs(labels, there);
  const within = bootstrapPerUserAucs(labels, there);
  const interval = ({ of, resampled }: Draws, at: number) => {
    const scoring = scorings[at];
    return scoring ? percentileInterval(of[there.indexOf(scoring)]!, { resampled }) : null;
  };
  const overRule = ({ of: [a, b], resampled }: Draws, value: number | null, ofRule: number | null) => {
    const ends = percentileInterval(
      a!.map((draw, at) => draw - b![at]!),
      { resampled },
    );
    return ends && value !== null && ofRule !== null ? { value: value - ofRule, ...ends } : null;
  };
  return {
    interval: interval(all, 0),
    intervals: {
      perUser: interval(within, 0),
      rule: interval(all, 1),
      rulePerUser: interval(within, 1),
      popularity: interval(all, 2),
      popularityPerUser: interval(within, 2),
      blend: interval(all, 3),
      blendPerUser: interval(within, 3),
    },
    overRule: {
      auc: overRule(all, own.auc, rule.auc),
      perUserAuc: overRule(within, own.within, rule.within),
    },
  };
}
