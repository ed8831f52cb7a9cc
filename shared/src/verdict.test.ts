import { describe, expect, it } from 'vitest';
import type { Interval } from './metrics.ts';
import { type Judged, ranksBackwards, usersInterval, verdictOf } from './verdict.ts';

const ends = (low: number, high: number, resampled: Interval['resampled'] = 'users') => ({
  ...{ low, high, level: 0.95, resampled },
});
const judged = (low: number, high: number, changes: Partial<Judged> = {}): Judged => ({
  auc: 0.7,
  users: 10,
  interval: ends(0.6, 0.8),
  overRule: { auc: { ...ends(low, high), value: (low + high) / 2 } },
  ...changes,
});

describe('a verdict', () => {
  it('goes by whether the interval of the difference holds zero', () => {
    expect([judged(0.01, 0.1), judged(-0.1, -0.01), judged(-0.01, 0.1), judged(0, 0.1)].map(verdictOf)).toEqual([
      'better',
      'worse',
      'level',
      'level',
    ]);
  });

  it('is none where there are too few users, however far the interval lies from zero', () => {
    expect(verdictOf(judged(0.167, 0.781, { users: 3 }))).toBe('few-users');
    expect(verdictOf(judged(-0.8, -0.2, { users: 9 }))).toBe('few-users');
    expect(verdictOf(judged(0.167, 0.781, { interval: ends(0.6, 0.9, 'rows') }))).toBe('few-users');
    expect(usersInterval(judged(0.1, 0.2, { users: 3 }))).toBeNull();
    expect(usersInterval(judged(0.1, 0.2))).toEqual(ends(0.6, 0.8));
  });

  it('is unknown without an AUC or a difference', () => {
    for (const changes of [{ auc: null }, { overRule: null }, { overRule: { auc: null } }]) {
      expect(verdictOf(judged(0.1, 0.2, changes))).toBe('unknown');
    }
  });

  it('calls backwards what lies far below one half', () => {
    expect([0.317, 0.44, 0.48, 0.7, null].map(ranksBackwards)).toEqual([true, true, false, false, false]);
  });
});
