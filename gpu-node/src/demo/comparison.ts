// The model before and after tuning beside the rules it has to beat, all on the same rows.
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';

export interface Comparison {
  before: EvaluationReport;
  after: EvaluationReport;
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

export function comparedMethods({ before, after, shots }: Comparison): ComparedMethod[] {
  const { auc, interval, perUserAuc } = after;
  return [
    { name: 'model, not tuned', auc: before.auc, interval: before.interval, perUserAuc: before.perUserAuc },
    { name: `model, tuned on ${shots} samples`, auc, interval, perUserAuc },
    { name: 'rule: share of history liked', auc: after.ruleAuc, interval: null, perUserAuc: after.rulePerUserAuc },
    {
      name: 'rule: item popularity',
      auc: after.popularityAuc,
      interval: null,
      perUserAuc: after.popularityPerUserAuc,
    },
    ...(after.blendAuc === null
      ? []
      : [
          {
            name: 'blend: tuned model and rules',
            auc: after.blendAuc,
            interval: null,
            perUserAuc: after.blendPerUserAuc,
          },
        ]),
  ];
}

/** AUC × 100, or a dash. */
export function percent(value: number | null): string {
  return value === null ? '–' : (value * 100).toFixed(1);
}

/** Below a hundredth, two AUCs of a few hundred rows are the same. */
const LEVEL = 0.01;

/** What the comparison says, in two sentences, whichever way it went. */
export function verdict({ before, after, shots }: Comparison): string {
  const sentence = (where: string, was: number | null, is: number | null, rule: number | null): string => {
    if (was === null || is === null || rule === null)
      return `${where} there is no AUC: one of the two answers is missing.`;
    const stands = Math.abs(is - rule) < LEVEL ? 'level with' : is > rule ? 'above' : 'below';
    return `${where} the AUC went from ${percent(was)} to ${percent(is)}, ${stands} the ${percent(rule)} of the history rule.`;
  };
  return [
    sentence(`With ${shots} samples`, before.auc, after.auc, after.ruleAuc),
    sentence('Within users', before.perUserAuc, after.perUserAuc, after.rulePerUserAuc),
  ].join(' ');
}
