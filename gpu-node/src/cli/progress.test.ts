import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatMs, showProgress } from './progress.ts';

let written: string[];
beforeEach(() => {
  written = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test('without a terminal there is a line every few seconds and a last one, with the time left', () => {
  let now = 0;
  const progress = showProgress('Scoring', 'samples', () => now);
  for (let done = 0; done <= 100; done += 10) {
    progress.update(done, 100);
    now += 2000;
  }
  progress.stop();
  progress.stop();
  expect(written).toEqual([
    'Scoring 30/100 samples · 14 s left\n',
    'Scoring 60/100 samples · 8 s left\n',
    'Scoring 90/100 samples · 2 s left\n',
    'Scoring 100/100 samples · 0 s left\n',
  ]);
});

test('a count that begins anew is timed anew', () => {
  let now = 0;
  const progress = showProgress('Validating', 'samples', () => now);
  progress.update(10, 20);
  now = 100_000;
  progress.update(20, 20);
  progress.update(10, 20);
  now = 110_000;
  progress.update(15, 20);
  expect(written.at(-1)).toBe('Validating 15/20 samples · 10 s left\n');
});

test('durations', () => {
  expect([undefined, 400, 59_000, 61_000, 3_600_000 * 2 + 60_000].map(formatMs)).toEqual([
    '?',
    '0 s',
    '59 s',
    '1 min 1 s',
    '2 h 1 min',
  ]);
});
