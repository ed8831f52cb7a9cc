// The rules, the model before and after tuning, and what blends them, all on the same rows: figures, and what they come to in words.
import { auc, perUserAuc } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport, JudgedDifference } from '@tallrec/shared/wire/evaluations';

export interface Comparison {
  /** Of the tuned model, with the untuned one and the blend beside it. */
  report: EvaluationReport;
  /** Ranking by how well other people liked a film, and by nothing else: on the rows of the report. */
  facts: { auc: number | null; perUserAuc: number | null };
  shots: number;
}

export interface ComparedMethod {
  name: string;
  /** Over all rows, in [0, 1]; null where only one answer occurs. */
  auc: number | null;
  interval: EvaluationReport['interval'];
  /** Mean over the users that have both answers. */
  perUserAuc: number | null;
}

export function comparedMethods({ report, facts, shots }: Comparison): ComparedMethod[] {
  const { intervals } = report;
  const rule = (name: string, of: Comparison['facts'], interval: EvaluationReport['interval'] = null) => ({
    ...{ name: `rule: ${name}`, interval },
    ...of,
  });
  return [
    rule('share of history liked', { auc: report.ruleAuc, perUserAuc: report.rulePerUserAuc }, intervals?.rule),
    rule(
      'item popularity',
      { auc: report.popularityAuc, perUserAuc: report.popularityPerUserAuc },
      intervals?.popularity,
    ),
    rule('item facts alone', facts),
    { name: 'model, not tuned', auc: report.untunedAuc, interval: null, perUserAuc: report.untunedPerUserAuc },
    {
      name: `model, tuned on ${shots} samples`,
      ...{ auc: report.auc, interval: report.interval, perUserAuc: report.perUserAuc },
    },
    ...(report.scoreBlendAuc === null
      ? []
      : [
          {
            name: 'blend: model, rules, facts',
            ...{
              auc: report.scoreBlendAuc,
              interval: intervals?.blend ?? null,
              perUserAuc: report.rankBlendPerUserAuc,
            },
          },
        ]),
  ];
}

/** @param score how well other people liked a sample's target */
export function judgeFacts(
  samples: readonly LabelledSample[],
  score: (sample: LabelledSample) => number,
): Comparison['facts'] {
  const rows = samples.map((sample) => ({ score: score(sample), liked: sample.liked, user: sample.user }));
  return { auc: auc(rows), perUserAuc: perUserAuc(rows).mean };
}

/** AUC × 100, or a dash. */
export function percent(value: number | null): string {
  return value === null ? '–' : (value * 100).toFixed(1);
}

/** By how much, between which ends, and what that is: better, level or worse. */
export function differenceText(difference: JudgedDifference | null | undefined): string {
  if (!difference) return 'not to be judged';
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;
  const { value, low, high, verdict } = difference;
  return `${signed(value)} [${signed(low)}, ${signed(high)}], ${verdict === 'unknown' ? 'of too few people to say' : verdict}`;
}

/** What the comparison says, in three sentences, whichever way it went. */
export function verdict({ report, shots }: Comparison): string[] {
  const { differences } = report;
  const blend = differences?.blend;
  const untuned = differences?.untuned;
  return [
    `Will they like it (all rows)? The rule has ${percent(report.ruleAuc)}; the blend ${percent(report.scoreBlendAuc)}: ${differenceText(blend?.rule.all)}.`,
    `Which first (within users)? Popularity has ${percent(report.popularityPerUserAuc)}; the blend ${percent(report.rankBlendPerUserAuc)}: ${differenceText(blend?.popularity?.withinUsers)}.`,
    `What did tuning on ${shots} samples change of the model alone? All rows ${differenceText(untuned?.all)}; within users ${differenceText(untuned?.withinUsers)}.`,
  ];
}
