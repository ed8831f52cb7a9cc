import { expect, it } from 'vitest';
import { isTerminal, JOB_STATES, JOB_TRANSITIONS } from './jobs.ts';

it('leaves every state that is not terminal a way to every end, and what is deleted none', () => {
  for (const state of JOB_STATES) {
    if (isTerminal(state)) continue;
    expect(JOB_TRANSITIONS[state]).toEqual(expect.arrayContaining(['succeeded', 'failed', 'cancelled']));
  }
  expect(JOB_TRANSITIONS.deleting).toEqual([]);
});
