import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { expect, it } from 'vitest';
import { phaseProgress } from './phase-progress.ts';

it('tells the first, then one a second, and the last; the time left goes by what this run has done', () => {
  const told: NodeEvent[] = [];
  let now = 0;
  const progress = phaseProgress(
    'score',
    (event) => told.push(event),
    () => now,
  );
  progress(40, 100, 40);
  for (let done = 41; done <= 100; done++) {
    now += 100;
    progress(done, 100, 40);
  }
  const event = (done: number, etaMs: number | null) => ({ type: 'progress', phase: 'score', done, total: 100, etaMs });
  expect(told).toEqual([
    event(40, null),
    ...[5000, 4000, 3000, 2000, 1000].map((etaMs) => event(100 - etaMs / 100, etaMs)),
    event(100, 0),
  ]);
});
