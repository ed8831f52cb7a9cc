import { expect, it } from 'vitest';
import { isTerminal, JOB_STATES, JOB_TRANSITIONS } from './tunings.ts';

it('leaves every state that is not terminal a way to every end, and a success none', () => {
  for (const state of JOB_STATES) {
    if (isTerminal(state)) continue;
    expect(JOB_TRANSITIONS[state]).toEqual(expect.arrayContaining(['failed', 'cancelled']));
  }
  expect(JOB_TRANSITIONS.succeeded).toEqual([]);
});
