// The curves of a tuning, from its events.
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';

/** A value at an optimizer step. */
export type CurvePoint = [step: number, value: number];

export interface Curves {
  trainLoss: CurvePoint[];
  validLoss: CurvePoint[];
  validAuc: CurvePoint[];
  /** The step whose adapter was kept. */
  bestStep: number | undefined;
}

export function curvesOf(events: readonly SequencedEvent[]): Curves {
  const curves: Curves = { trainLoss: [], validLoss: [], validAuc: [], bestStep: undefined };
  for (const { event } of events) {
    if (event.type === 'step') curves.trainLoss.push([event.step, event.loss]);
    if (event.type !== 'evaluated') continue;
    curves.validLoss.push([event.step, event.validLoss]);
    if (event.validAuc !== null) curves.validAuc.push([event.step, event.validAuc]);
    if (event.best) curves.bestStep = event.step;
  }
  return curves;
}
