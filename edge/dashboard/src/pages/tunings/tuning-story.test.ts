import type { JobEvent, SequencedEvent } from '@tallrec/shared/wire/jobs';
import { describe, expect, it } from 'vitest';
import { TuningStory } from './tuning-story.ts';

const told = (seq: number, event: JobEvent): SequencedEvent => ({ seq, at: new Date(seq * 1000).toISOString(), event });
const step = (number: number, loss: number): JobEvent => ({
  ...{ type: 'step', step: number, totalSteps: 10, epoch: 0, loss, learningRate: 1e-4 },
  ...{ gradientNorm: 1, tokensPerSecond: 100, etaMs: 1000 },
});
const judged = (number: number, best: boolean): JobEvent => ({
  ...{ type: 'evaluated', step: number, validAuc: 0.6, validPerUserAuc: null, validLoss: 0.5, best },
});

describe('the story of a tuning', () => {
  it('counts an event once, however often a stream that begins anew tells it', () => {
    const story = new TuningStory();
    const events = [told(1, step(1, 3)), told(2, step(2, 2)), told(3, judged(2, true))];
    expect(events.map((event) => story.add(event))).toEqual([true, true, true]);
    expect(events.map((event) => story.add(event))).toEqual([false, false, false]);
    const { steps, evaluations, log, latest } = story.view();
    expect(steps.map(({ loss }) => loss)).toEqual([3, 2]);
    expect(evaluations).toHaveLength(1);
    expect(log).toHaveLength(1);
    expect(latest?.step).toBe(2);
  });

  it('takes a step that is run again, after a node was lost, as it was the second time', () => {
    const story = new TuningStory();
    for (const [at, event] of [step(1, 3), step(2, 2), step(2, 1.5), step(3, 1)].entries())
      story.add(told(at + 1, event));
    expect(story.view().steps.map(({ step: number, loss }) => [number, loss])).toEqual([
      [1, 3],
      [2, 1.5],
      [3, 1],
    ]);
  });

  it('keeps curves short enough to be drawn, with the last point in them', () => {
    const story = new TuningStory();
    for (let number = 1; number <= 5000; number++) story.add(told(number, step(number, 1 / number)));
    const { steps } = story.view();
    expect(steps.length).toBeLessThanOrEqual(400);
    expect(steps.at(-1)!.step).toBe(5000);
  });

  it('logs what is worth telling, the newest first', () => {
    const story = new TuningStory();
    const note: JobEvent = { type: 'note', step: 0, message: 'planned' };
    for (const [at, event] of [note, judged(1, true), judged(2, false)].entries()) story.add(told(at + 1, event));
    expect(story.view().log.map(({ seq }) => seq)).toEqual([2, 1]);
  });
});
