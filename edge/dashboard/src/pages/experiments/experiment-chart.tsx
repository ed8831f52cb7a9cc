// The table's figures against K, beside the paper's.
import { methodNamed } from '@tallrec/shared/methods';
import type { PaperDomain } from '@tallrec/shared/paper-figures';
import { ShotsChart } from '../../parts/shots-chart.tsx';
import { paperSeries } from '../compare/shots-series.ts';
import type { ExperimentTable } from './cells.ts';

interface ExperimentChartProps {
  table: ExperimentTable;
  domain: PaperDomain | null;
}

export function ExperimentChart({ table: { rows }, domain }: ExperimentChartProps) {
  const series = rows
    .filter(({ method }) => !methodNamed(method).shotless)
    .map(({ method, cells }) => ({
      method,
      label: methodNamed(method).title,
      points: cells.flatMap(({ shots, auc, half, interval, seeds }) =>
        shots === null || auc === null
          ? []
          : [
              {
                shots,
                auc,
                low: half === null ? (interval?.low ?? null) : auc - half,
                high: half === null ? (interval?.high ?? null) : auc + half,
                seeds: seeds.length,
              },
            ],
      ),
    }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return null;
  const paper = domain === null ? [] : paperSeries(domain, new Set(series.map(({ method }) => method)));
  const rule = rows.find(({ method }) => method === 'history-share')?.cells[0]?.auc ?? null;
  return <ShotsChart series={series} paper={paper} domain={domain} ruleAuc={rule} />;
}
