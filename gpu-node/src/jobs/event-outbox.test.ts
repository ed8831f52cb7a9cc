import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { NodeFrame } from '@tallrec/shared/wire/link';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EventOutbox } from './event-outbox.ts';

let online: boolean;
let sent: Extract<NodeFrame, { type: 'events' }>[];
let outbox: EventOutbox;

beforeEach(() => {
  [online, sent] = [true, []];
  const send = (frame: NodeFrame) => online && frame.type === 'events' && sent.push(frame) > 0;
  outbox = new EventOutbox({ job: 'a', fence: 3, send, gatherMs: 1 });
});

const note = (message: string): NodeEvent => ({ type: 'note', step: 0, message });
const step = (at: number): NodeEvent => ({
  type: 'step',
  step: at,
  totalSteps: 1e6,
  epoch: 0,
  loss: 1,
  learningRate: 1,
  gradientNorm: 1,
  tokensPerSecond: 1,
  etaMs: 1,
});
const progress = (done: number): NodeEvent => ({ type: 'progress', phase: 'score', done, total: 9, etaMs: null });
/** What the edge would have: each number once. */
const received = () => {
  const bySeq = new Map<number, NodeEvent>();
  for (const { seq, events } of sent) {
    for (const [index, event] of events.entries()) {
      const before = bySeq.get(seq + index);
      if (before) expect(event).toEqual(before);
      bySeq.set(seq + index, event);
    }
  }
  return [...bySeq].sort(([a], [b]) => a - b);
};

describe('events on their way', () => {
  it('are gathered for a moment, numbered from 1, and sent under their fence', async () => {
    for (const word of ['one', 'two']) outbox.add(note(word));
    expect(sent).toEqual([]);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    outbox.add(note('three'));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toEqual([
      { type: 'events', job: 'a', fence: 3, seq: 1, events: [note('one'), note('two')] },
      { type: 'events', job: 'a', fence: 3, seq: 3, events: [note('three')] },
    ]);
  });

  it('are held back without a connection, and sent again from the last that was acknowledged', () => {
    for (let at = 1; at <= 4; at++) outbox.add(note(`${at}`));
    outbox.flush();
    outbox.acknowledged(2);
    online = false;
    outbox.add(note('5'));
    outbox.flush();
    [online, sent] = [true, []];
    outbox.repeat();
    expect(sent.map(({ seq, events }) => [seq, events])).toEqual([
      [3, [note('3'), note('4')]],
      [5, [note('5')]],
    ]);
  });

  it('are forgotten once they are acknowledged, whatever the edge says twice or too much', () => {
    outbox.add(note('1'));
    outbox.flush();
    for (const seq of [1, 1, 0, 99]) outbox.acknowledged(seq);
    outbox.add(note('2'));
    outbox.flush();
    sent = [];
    outbox.repeat();
    expect(sent.map(({ seq, events }) => [seq, events])).toEqual([[2, [note('2')]]]);
  });

  it('are sent again where nothing has come through between two looks', () => {
    outbox.add(note('1'));
    outbox.flush();
    outbox.repeatIfStuck();
    expect(sent).toHaveLength(1);
    outbox.repeatIfStuck();
    expect(sent).toHaveLength(2);
    outbox.acknowledged(1);
    outbox.repeatIfStuck();
    outbox.repeatIfStuck();
    expect(sent).toHaveLength(2);
  });

  it('go in frames of 500, and of a size that fits', () => {
    for (let at = 0; at < 1200; at++) outbox.add(step(at));
    outbox.flush();
    expect(sent.map(({ seq, events }) => [seq, events.length])).toEqual([
      [1, 500],
      [501, 500],
      [1001, 200],
    ]);
    sent = [];
    outbox.acknowledged(1200);
    for (let at = 0; at < 3; at++) outbox.add(note('x'.repeat(200_000)));
    outbox.flush();
    expect(sent.map(({ events }) => events.length)).toEqual([1, 1, 1]);
  });

  it('are bounded: progress by its last word, steps by every second one, and numbers stay without gaps', () => {
    online = false;
    for (let at = 1; at <= 3; at++) outbox.add(progress(at));
    for (let at = 0; at < 50_000; at++) {
      outbox.add(step(at));
      if (at % 10_000 === 0) outbox.add(note(`at ${at}`));
    }
    online = true;
    for (let acknowledged = -1; acknowledged !== received().length; ) {
      acknowledged = received().length;
      outbox.flush();
      outbox.acknowledged(received().length);
    }
    const all = received();
    expect(all.map(([seq]) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all[0]![1]).toEqual(progress(3));
    expect(all.length).toBeLessThanOrEqual(10_001);
    const steps = all.flatMap(([, event]) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps[0]).toBe(0);
    // No stretch of the curve is gone.
    const gaps = [...steps, 50_000].map((at, index) => at - (steps[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(16);
    expect(all.filter(([, { type }]) => type === 'note')).toHaveLength(5);
  });

  it('wait for their numbers while many are under way, unless all have to go', () => {
    for (let at = 0; at < 9_000; at++) outbox.add(step(at));
    outbox.flush();
    expect(received()).toHaveLength(5_000);
    outbox.flush({ all: true });
    expect(received()).toHaveLength(9_000);
  });
});
