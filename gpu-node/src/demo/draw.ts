// The demo's curves and tables, for a terminal.
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { Ranked } from '@tallrec/shared/wire/score';
import type { SequencedEvent } from '@tallrec/shared/wire/tunings';
import Table from 'cli-table3';
import { plot } from 'simple-ascii-chart';

const WIDTH = 56;

/** One value of a curve at an optimizer step. */
type Point = [step: number, value: number];

function curve(title: string, points: Point[], digits: number): string {
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
export function drawCurves(events: readonly SequencedEvent[]): string {
  const losses: Point[] = [];
  const aucs: Point[] = [];
  for (const { event } of events) {
    if (event.type === 'step') losses.push([event.step, event.loss]);
    if (event.type === 'evaluated' && event.validAuc !== null) aucs.push([event.step, event.validAuc]);
  }
  return [curve('training loss by step', losses, 3), curve('validation AUC by step', aucs, 3)].join('\n');
}

const CHARS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

function percent(value: number | null): string {
  return value === null ? '–' : (value * 100).toFixed(1);
}

export interface Comparison {
  before: EvaluationReport;
  after: EvaluationReport;
  shots: number;
}

/** AUC × 100 of the base model, the tuned one and the two rules, on the same rows. */
export function drawComparison({ before, after, shots }: Comparison): string {
  const table = new Table({
    head: ['AUC × 100', 'all rows', '95 % interval', 'within users'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
    chars: CHARS,
  });
  const interval = ({ interval }: EvaluationReport) =>
    interval ? `${percent(interval.low)} – ${percent(interval.high)}` : '–';
  table.push(
    ['model, not tuned', percent(before.auc), interval(before), percent(before.perUserAuc)],
    [`model, tuned on ${shots} samples`, percent(after.auc), interval(after), percent(after.perUserAuc)],
    ['rule: share of history liked', percent(after.ruleAuc), '', percent(after.rulePerUserAuc)],
    ['rule: item popularity', percent(after.popularityAuc), '', percent(after.popularityPerUserAuc)],
  );
  return table.toString();
}

/** @param liked whether the user did like each candidate, in the order of the request */
export function drawRanking(ranking: readonly Ranked[], liked: readonly boolean[]): string {
  const table = new Table({
    head: ['', 'candidate', 'score', 'did like it'],
    colAligns: ['right', 'left', 'right', 'left'],
    style: { head: [], border: [] },
    chars: CHARS,
  });
  ranking.forEach(({ candidate, score, index }, place) => {
    table.push([place + 1, candidate.title, score.toFixed(3), liked[index] ? 'yes' : 'no']);
  });
  return table.toString();
}
