// A job's state as a word in colour.
import { Badge } from '@mantine/core';
import type { JobState } from '@tallrec/shared/wire/jobs';
import { texts } from '../texts.ts';

const COLORS: Record<JobState, string> = {
  queued: 'gray',
  dispatched: 'blue',
  running: 'blue',
  publishing: 'blue',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'orange',
  deleting: 'gray',
};

export function JobBadge({ state, stopping }: { state: JobState; stopping: boolean }) {
  const words = texts.tunings.states;
  const isStopping = stopping && state === 'running';
  return <Badge color={COLORS[state]}>{isStopping ? words.stopping : words[state]}</Badge>;
}
