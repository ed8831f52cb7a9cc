// The AUC of each run with its interval, on one axis, with the rule in it.
import { formatAuc } from '../../parts/formats.tsx';
import { IntervalChart } from '../../parts/interval-chart.tsx';
import { texts } from '../../texts.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.auc;

export function AucSideBySide({ shown }: { shown: readonly ShownRun[] }) {
  const figures = shown.flatMap(({ run, judged, style }) => {
    const { auc, interval } = judged?.report ?? { auc: null, interval: null };
    if (auc === null) return [];
    return [{ name: run.name, value: auc, low: interval?.low ?? null, high: interval?.high ?? null, style }];
  });
  const rule = shown.map(({ judged }) => judged?.report.ruleAuc).find((auc) => auc != null);
  if (figures.length < 2) return null;
  return (
    <IntervalChart
      title={words.title}
      hint={words.hint}
      figures={figures}
      format={formatAuc}
      reference={
        rule == null
          ? { value: 0.5, label: texts.compare.curves.guessing }
          : { value: rule, label: `${words.rule}: ${formatAuc(rule)}` }
      }
    />
  );
}
