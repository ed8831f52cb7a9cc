// What an evaluation found, from the verdict to single rows.
import { Alert, SimpleGrid, Stack } from '@mantine/core';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { Panel } from '../../parts/panel.tsx';
import { seriesStyle } from '../../parts/series-style.tsx';
import { useAdapter } from '../../queries/adapters.ts';
import { texts } from '../../texts.ts';
import { CalibrationChart } from './calibration-chart.tsx';
import { DifferencesPanel } from './differences-panel.tsx';
import { DistributionChart } from './distribution-chart.tsx';
import { FiguresCharts } from './figures-charts.tsx';
import { ItemGroupsPanel } from './item-groups-panel.tsx';
import { JudgedExamples } from './judged-examples.tsx';
import { subjectOf } from './subject.ts';
import { Verdict } from './verdict.tsx';

const words = texts.evaluationDetail;

interface EvaluationReportViewProps {
  evaluation: Evaluation;
  report: EvaluationReport;
}

export function EvaluationReportView({ evaluation, report }: EvaluationReportViewProps) {
  const { method, adapter } = evaluation;
  const { distribution, blendDistribution, examples } = report;
  const isRule = method === 'history-share';
  return (
    <Stack gap="lg">
      <Verdict method={method} report={report} />
      {report.intervals === null && <Alert color="gray">{words.noIntervals}</Alert>}
      {adapter === null ? (
        <Figures subject={subjectOf(evaluation)} isRule={isRule} report={report} />
      ) : (
        <AdapterFigures evaluation={evaluation} id={adapter} report={report} />
      )}
      <ItemGroupsPanel report={report} />
      {distribution && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <DistributionChart distribution={distribution} />
          {distribution.calibration ? (
            <CalibrationChart
              of={
                blendDistribution
                  ? [
                      { label: words.calibration.alone, distribution },
                      { label: words.calibration.blend, distribution: blendDistribution, style: seriesStyle(2) },
                    ]
                  : [{ label: words.calibration.title, distribution }]
              }
            />
          ) : (
            <Panel title={words.calibration.title}>{words.calibration.none}</Panel>
          )}
        </SimpleGrid>
      )}
      {examples && distribution && <JudgedExamples examples={examples} scale={distribution.scale} />}
    </Stack>
  );
}

function AdapterFigures({ id, evaluation, report }: EvaluationReportViewProps & { id: string }) {
  const { adapter } = useAdapter(id);
  return <Figures subject={subjectOf(evaluation, adapter)} isRule={false} report={report} />;
}

function Figures(props: { subject: string; isRule: boolean; report: EvaluationReport }) {
  const { differences } = props.report;
  return (
    <>
      <FiguresCharts {...props} />
      {differences && <DifferencesPanel {...props} differences={differences} />}
    </>
  );
}
