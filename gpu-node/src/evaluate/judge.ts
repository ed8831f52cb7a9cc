// What any scores are worth: their AUC beside its interval, what is left within users, and by how much they pass what they have to beat.
import type { BlendedScore } from '@tallrec/shared/blend';
import { itemPopularity } from '@tallrec/shared/item-opinions';
import {
  auc,
  bootstrapAucs,
  bootstrapPerUserAucs,
  historyShare,
  type Labelled,
  percentileInterval,
  perUserAuc,
} from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { BothDifferences, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { type Drawn, differencesOf } from './differences.ts';
import { inferUsers } from './infer-users.ts';
import { itemGroups, type KnownItems } from './item-groups.ts';

export type Figures = Omit<
  EvaluationReport,
  | 'template'
  | 'precision'
  | 'provider'
  | 'tokens'
  | 'durationMs'
  | 'fit'
  | 'distribution'
  | 'blendDistribution'
  | 'examples'
>;

export interface Judgement {
  figures: Figures;
  /** Of each sample, where the samples name it or it could be found. */
  users: (string | undefined)[];
}

/** Beside the judged scores, of the same samples. */
export interface Beside extends KnownItems {
  /** Of the adapter's blend: r, which is judged within users, and p, which is judged over all rows. */
  blended?: readonly BlendedScore[] | undefined;
  /** Scores of the model without its adapter. */
  untuned?: readonly number[] | undefined;
}

/** Over all rows by one scoring, within users by another or the same. */
interface Judged {
  all: readonly number[];
  within: readonly number[];
}

/**
 * @param scores one a sample; higher means more likely liked
 * @param beside `train` for item popularity, and to tell warm rows from cold ones
 * @throws RangeError on a score that is not finite
 */
export function judge(samples: readonly LabelledSample[], scores: readonly number[], beside: Beside = {}): Judgement {
  const { train, catalogue, blended, untuned } = beside;
  const usersInferred = samples.every(({ user }) => user === undefined);
  const users = usersInferred ? inferUsers(samples) : samples.map(({ user }) => user);
  const labels = samples.map(({ liked }, index) => ({ liked, user: users[index] }));
  const popular = train?.length ? itemPopularity(train) : undefined;
  const same = (values: readonly number[]): Judged => ({ all: values, within: values });
  const scorings: Scorings<Judged> = {
    own: same(scores),
    rule: same(samples.map(historyShare)),
    popularity: popular && same(samples.map(popular)),
    blend: blended && { all: blended.map(({ logOdds }) => logOdds), within: blended.map(({ rank }) => rank) },
    untuned: untuned && same(untuned),
  };
  const { drawn, counted, resampled } = drawAll(labels, scorings);
  const { own, rule, popularity, blend, untuned: without } = drawn;
  const interval = (of: Drawn | undefined, where: keyof Drawn) =>
    of ? percentileInterval(of[where].draws, { resampled: resampled[where] }) : null;
  const compared = { users: counted, resampled };
  const differences = differencesOf(own, drawn, compared);
  const overRule = (difference: BothDifferences[keyof BothDifferences]) => {
    if (!difference) return null;
    const { verdict: _, ...plain } = difference;
    return plain;
  };
  const rows = labels.map((label, index) => ({ ...label, score: scores[index]! }));
  return {
    users,
    figures: {
      auc: own.all.auc,
      interval: interval(own, 'all'),
      perUserAuc: own.within.auc,
      users: counted,
      usersInferred: usersInferred && counted > 0,
      n: samples.length,
      likedShare: samples.length === 0 ? 0 : samples.filter(({ liked }) => liked).length / samples.length,
      ruleAuc: rule.all.auc,
      rulePerUserAuc: rule.within.auc,
      popularityAuc: popularity?.all.auc ?? null,
      popularityPerUserAuc: popularity?.within.auc ?? null,
      untunedAuc: without?.all.auc ?? null,
      untunedPerUserAuc: without?.within.auc ?? null,
      blendAuc: blend?.all.auc ?? null,
      blendPerUserAuc: blend?.within.auc ?? null,
      scoreBlendAuc: blend?.all.auc ?? null,
      rankBlendPerUserAuc: blend?.within.auc ?? null,
      intervals: {
        perUser: interval(own, 'within'),
        rule: interval(rule, 'all'),
        rulePerUser: interval(rule, 'within'),
        popularity: interval(popularity, 'all'),
        popularityPerUser: interval(popularity, 'within'),
        blend: interval(blend, 'all'),
        blendPerUser: interval(blend, 'within'),
      },
      overRule: { auc: overRule(differences.rule.all), perUserAuc: overRule(differences.rule.withinUsers) },
      differences: { ...differences, blend: blend ? differencesOf(blend, drawn, compared) : null },
      ...itemGroups(samples, rows, { train, catalogue }),
    },
  };
}

interface Scorings<T> {
  own: T;
  rule: T;
  popularity: T | undefined;
  blend: T | undefined;
  untuned: T | undefined;
}

/** AUCs of all scorings, and the same draws of them. */
function drawAll(labels: readonly Labelled[], scorings: Scorings<Judged>) {
  const names = (Object.keys(scorings) as (keyof Scorings<Judged>)[]).filter((name) => scorings[name]);
  const values = (where: keyof Judged) => names.map((name) => scorings[name]![where]);
  const draws = {
    all: bootstrapAucs(labels, values('all')),
    within: bootstrapPerUserAucs(labels, values('within')),
  };
  let counted = 0;
  const entries = names.map((name, at): [string, Drawn] => {
    const rowsBy = (scores: readonly number[]) => labels.map((label, index) => ({ ...label, score: scores[index]! }));
    const { all, within } = scorings[name]!;
    const { mean, users } = perUserAuc(rowsBy(within));
    counted = users;
    return [
      name,
      {
        all: { auc: auc(rowsBy(all)), draws: draws.all.of[at]! },
        within: { auc: mean, draws: draws.within.of[at]! },
      },
    ];
  });
  return {
    drawn: Object.fromEntries(entries) as unknown as Scorings<Drawn>,
    counted,
    resampled: { all: draws.all.resampled, within: draws.within.resampled },
  };
}
