// The AUC of each run with its interval, on one axis, with the rule in it.
import { usersInterval } from '@tallrec/shared/verdict';
import { formatAuc } from '../../parts/formats.tsx';
import { IntervalChart } from '../../parts/interval-chart.tsx';
import { texts } from '../../texts.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.auc;

export function AucSideBySide({ shown }: { shown: readonly ShownRun[] }) {
  const figures = shown.flatMap(({ run, judged, style }) => {
    if (!judged || judged.report.auc === null) return [];
    const { auc } = judged.report;
    const interval = usersInterval(judged.report);
    return [{ name: run.name, value: auc, low: interval?.low ?? null, high: interval?.high ?? null, style }];
  });
  const rule = shown.map(({ judged }) => judged?.report.ruleAuc).find((auc) => auc != null);
  if (figures.length < 2) return null;
  return (
    <IntervalChart
      title={words.title}
      hint={words.hint}
      {...(figures.some(({ low }) => low === null) ? { summary: texts.compare.fewUsers } : {})}
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
