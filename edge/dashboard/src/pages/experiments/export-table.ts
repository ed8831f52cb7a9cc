// The table as text that can be taken along: Markdown, and rows for CSV.
import { methodNamed } from '@tallrec/shared/methods';
import { type PaperDomain, paperAuc } from '@tallrec/shared/paper-figures';
import { texts } from '../../texts.ts';
import type { Cell, ExperimentTable, Shots, TableRow } from './cells.ts';

const words = texts.experiments;

/** × 100, as the paper prints them. */
export const percentage = (auc: number | null): string => (auc === null ? '' : (100 * auc).toFixed(1));

export function cellText({ auc, half }: Cell): string {
  if (auc === null) return '–';
  return half === null ? percentage(auc) : `${percentage(auc)} ± ${percentage(half)}`;
}

export const shotsTitle = (shots: Shots): string => (shots === null ? words.allShots : words.shots(String(shots)));

const cellAt = (row: TableRow, at: number): Cell => row.cells[at] ?? row.cells[0]!;

export function markdownOf({ shots, rows }: ExperimentTable, domain: PaperDomain | null): string {
  const columns = shots.flatMap((k) =>
    domain === null ? [shotsTitle(k)] : [shotsTitle(k), words.paperAt(shotsTitle(k))],
  );
  const lines = rows.map((row) => [
    methodNamed(row.method).title,
    ...shots.flatMap((k, at) => {
      const own = cellText(cellAt(row, at));
      const paper = paperAuc(domain ?? undefined, row.method, k);
      return domain === null ? [own] : [own, percentage(paper) || '–'];
    }),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line([words.method, ...columns]), line(['---', ...columns.map(() => '---:')]), ...lines.map(line)].join('\n');
}

/** One row a cell that has a figure. */
export function csvRows({ shots, rows }: ExperimentTable, domain: PaperDomain | null) {
  return rows.flatMap((row) =>
    shots.flatMap((k, at) => {
      const { auc, half, seeds, interval, fromReports } = cellAt(row, at);
      const paper = paperAuc(domain ?? undefined, row.method, k);
      if (auc === null && paper === null) return [];
      return [
        {
          method: row.method,
          title: methodNamed(row.method).title,
          shots: k ?? words.allShots,
          auc,
          low: half === null ? (interval?.low ?? null) : auc! - half,
          high: half === null ? (interval?.high ?? null) : auc! + half,
          seeds: auc === null ? null : seeds.length,
          source: auc === null ? null : fromReports ? words.sources.reports : words.sources.evaluations,
          paper,
        },
      ];
    }),
  );
}
