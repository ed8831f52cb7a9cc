// The figures of runs, as rows of a table.
import { Text } from '@mantine/core';
import { judgesByUsers, usersInterval, verdictOf } from '@tallrec/shared/verdict';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { useQueries } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { formatAuc, formatCompact, formatNumber, formatSigned, formatSpan } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { tuningReportQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare;

interface FigureRow {
  label: string;
  /** One a run. */
  values: ReactNode[];
}

export function useFigures(shown: readonly ShownRun[]): FigureRow[] {
  const reports = useQueries({
    queries: shown.map(({ run: { tuning } }) => ({
      ...tuningReportQuery(tuning?.id ?? ''),
      enabled: tuning?.state === 'succeeded',
    })),
  });
  const row = (label: string, of: (one: ShownRun, at: number) => ReactNode): FigureRow => ({
    label,
    values: shown.map((one, at) => of(one, at) ?? texts.common.none),
  });
  const ofReport = (label: string, of: (report: EvaluationReport) => ReactNode) =>
    row(label, ({ judged }) => judged && of(judged.report));
  const tuned = (at: number) => reports[at]?.data;
  const rows = [
    row(words.figures.auc, ({ judged }) =>
      judged ? (
        <Measured id={judged.id} value={judged.report.auc} interval={usersInterval(judged.report)} />
      ) : undefined,
    ),
    ofReport(words.figures.overRule, (report) => {
      const difference = report.overRule?.auc;
      if (!difference) return null;
      const interval = judgesByUsers(report) ? difference : null;
      return <WithInterval value={formatSigned(difference.value)} interval={interval} format={formatSigned} />;
    }),
    ofReport(words.figures.verdict, (report) => {
      const verdict = verdictOf(report);
      return verdict === 'unknown' ? null : (
        <Text span size="sm" {...(verdict === 'few-users' ? { c: 'dimmed' } : {})}>
          {words.verdicts[verdict]}
        </Text>
      );
    }),
    ofReport(words.figures.perUserAuc, ({ perUserAuc, intervals }) =>
      perUserAuc === null ? null : (
        <WithInterval value={formatAuc(perUserAuc)} interval={intervals?.perUser} format={formatAuc} />
      ),
    ),
    ofReport(words.figures.ruleAuc, ({ ruleAuc }) => formatAuc(ruleAuc)),
    ofReport(words.figures.popularityAuc, ({ popularityAuc }) => formatAuc(popularityAuc)),
    ofReport(words.figures.blendAuc, ({ blendAuc }) => formatAuc(blendAuc)),
    ofReport(words.figures.rows, ({ n }) => formatNumber(n)),
    row(words.figures.bestValidAuc, ({ run }) => run.tuning?.bestValidAuc?.toFixed(3)),
    row(words.figures.bestStep, (_, at) => {
      const report = tuned(at);
      return report && words.stepOf(formatNumber(report.bestStep), formatNumber(report.steps));
    }),
    row(words.figures.stopReason, ({ run }) => {
      const reason = run.tuning?.stopReason;
      return reason && (texts.tuningDetail.stopReasons[reason] ?? reason);
    }),
    row(words.figures.learnTokens, (_, at) => tuned(at) && formatCompact(tuned(at)!.tokens)),
    row(words.figures.learnTime, ({ judged }, at) => {
      const ms = tuned(at)?.durationMs ?? judged?.report.fit?.durationMs;
      return ms === undefined ? undefined : formatSpan(ms);
    }),
    ofReport(words.figures.scoreTime, ({ durationMs }) => formatSpan(durationMs)),
  ];
  // What no run has says nothing.
  return rows.filter(({ values }) => values.some((value) => value !== texts.common.none));
}

interface Ends {
  low: number;
  high: number;
}

function Measured({ id, value, interval }: { id: string; value: number | null; interval: Ends | null }) {
  return (
    <LinkAnchor to="/evaluations/$id" params={{ id }} c="inherit" underline="always">
      <WithInterval value={formatAuc(value)} interval={interval} format={formatAuc} />
    </LinkAnchor>
  );
}

interface WithIntervalProps {
  value: string;
  interval: Ends | null | undefined;
  format: (value: number) => string;
}

function WithInterval({ value, interval, format }: WithIntervalProps) {
  return (
    <>
      <Text span fw={600} size="sm">
        {value}
      </Text>
      {interval && (
        <Text span size="xs" c="dimmed">
          {' '}
          ({format(interval.low)} to {format(interval.high)})
        </Text>
      )}
    </>
  );
}
