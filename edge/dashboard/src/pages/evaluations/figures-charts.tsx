// What was judged beside the blend, the rule and popularity: over all rows, and within users.
import { SimpleGrid } from '@mantine/core';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { formatAuc } from '../../parts/formats.tsx';
import { type Figure, IntervalChart } from '../../parts/interval-chart.tsx';
import { RULE_STYLE, seriesStyle } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;
const names = words.figures;
const STYLES = {
  own: seriesStyle(0),
  blend: seriesStyle(2),
  rule: RULE_STYLE,
  popularity: seriesStyle(4),
  untuned: seriesStyle(1),
};
const GUESSING = { value: 0.5, label: names.guessing };

interface FiguresChartsProps {
  /** What was judged. */
  subject: string;
  /** It is the rule, which would else stand there twice. */
  isRule: boolean;
  report: EvaluationReport;
}

export function FiguresCharts({ subject, isRule, report }: FiguresChartsProps) {
  const { interval, intervals } = report;
  const overall = [
    figure(subject, 'own', report.auc, interval),
    figure(names.blend, 'blend', report.blendAuc, intervals?.blend),
    figure(names.untuned, 'untuned', report.untunedAuc, null),
    ...(isRule ? [] : [figure(names.rule, 'rule', report.ruleAuc, intervals?.rule)]),
    figure(names.popularity, 'popularity', report.popularityAuc, intervals?.popularity),
  ].flat();
  const within = [
    figure(subject, 'own', report.perUserAuc, intervals?.perUser),
    figure(names.blend, 'blend', report.blendPerUserAuc, intervals?.blendPerUser),
    figure(names.untuned, 'untuned', report.untunedPerUserAuc, null),
    ...(isRule ? [] : [figure(names.rule, 'rule', report.rulePerUserAuc, intervals?.rulePerUser)]),
    figure(names.popularity, 'popularity', report.popularityPerUserAuc, intervals?.popularityPerUser),
  ].flat();
  if (overall.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <IntervalChart
        title={names.overall}
        hint={names.overallHint}
        {...(interval?.resampled === 'rows' ? { summary: words.rowsResampled } : {})}
        figures={overall}
        format={formatAuc}
        reference={GUESSING}
      />
      {within.length > 0 && (
        <IntervalChart
          title={names.within}
          hint={names.withinHint}
          {...(intervals !== null && intervals.perUser === null ? { summary: words.fewUsers } : {})}
          figures={within}
          format={formatAuc}
          reference={GUESSING}
        />
      )}
    </SimpleGrid>
  );
}

/** None where it was not measured. */
function figure(
  name: string,
  kind: keyof typeof STYLES,
  value: number | null,
  interval: EvaluationReport['interval'] | undefined,
): Figure[] {
  if (value === null) return [];
  return [{ name, value, low: interval?.low ?? null, high: interval?.high ?? null, style: STYLES[kind] }];
}
