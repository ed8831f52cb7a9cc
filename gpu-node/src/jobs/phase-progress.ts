// How far a phase of a job is, as events: not too many, the first and the last always.
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { OnScored } from '../evaluate/score-in-slices.ts';

/** Between two events at least, when nothing else is said. */
const EVERY_MS = 1000;

export function phaseProgress(
  phase: Extract<NodeEvent, { type: 'progress' }>['phase'],
  tell: (event: NodeEvent) => void,
  clock: () => number = () => performance.now(),
  everyMs = EVERY_MS,
): OnScored {
  const startedAt = clock();
  let toldAt = Number.NEGATIVE_INFINITY;
  return (done, total, earlier = 0) => {
    const now = clock();
    if (done < total && now - toldAt < everyMs) return;
    toldAt = now;
    const own = done - earlier;
    tell({ type: 'progress', phase, done, total, etaMs: own > 0 ? ((now - startedAt) / own) * (total - done) : null });
  };
}
