// The demo's curves and tables, for a terminal.
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import Table from 'cli-table3';
import { plot } from 'simple-ascii-chart';
import { type Comparison, comparedMethods, percent } from './comparison.ts';
import type { CurvePoint, Curves } from './curves.ts';
import { filmRows, type RankedFilms } from './ranked-films.ts';

const WIDTH = 56;

function curve(title: string, points: CurvePoint[], digits: number): string {
  if (points.length < 2) return '';
  const steps = points.map(([step]) => step);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => steps[Math.round(share * (steps.length - 1))]!);
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return plot(points, {
    title,
    width: WIDTH,
    height: 7,
    customXAxisTicks: [...new Set(marks)],
    customYAxisTicks: low === high ? [low] : [low, (low + high) / 2, high],
    formatter: (value, { axis }) => (axis === 'x' ? String(value) : value.toFixed(digits)),
  });
}

/** Training loss and validation AUC over the steps. */
export function drawCurves({ trainLoss, validAuc }: Curves): string {
  return [curve('training loss by step', trainLoss, 3), curve('validation AUC by step', validAuc, 3)].join('\n');
}

const CHARS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

export function intervalText(interval: EvaluationReport['interval']): string {
  return interval ? `${percent(interval.low)} – ${percent(interval.high)}` : '';
}

/** AUC × 100 of the model before and after and of what it has to beat, on the same rows. */
export function drawComparison(comparison: Comparison): string {
  const table = new Table({
    head: ['AUC × 100', 'all rows', '95 % interval', 'within users'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
    chars: CHARS,
  });
  for (const { name, auc, interval, perUserAuc } of comparedMethods(comparison)) {
    table.push([name, percent(auc), intervalText(interval), percent(perUserAuc)]);
  }
  return table.toString();
}

export function drawRanking(ranked: RankedFilms): string {
  const table = new Table({
    head: ['', 'film', 'score', 'by popularity', 'did like it'],
    colAligns: ['right', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
    chars: CHARS,
  });
  filmRows(ranked).forEach(({ title, score, popularityPlace, liked }, place) => {
    table.push([place + 1, title, score.toFixed(3), popularityPlace, liked ? 'yes' : 'no']);
  });
  return table.toString();
}
