import type { TuningEstimate, TuningNodeEstimate } from '@tallrec/shared/wire/tuning-estimates';
import { describe, expect, it } from 'vitest';
import { nodeEstimates } from './node-estimates.ts';

const node = (id: string, time: [number, number] | null, problem: string | null = null): TuningNodeEstimate => ({
  ...{ id, name: id, shared: false, state: 'online', draining: false, holdsModel: true, busy: false, problem },
  estimate: {
    ...{ memory: null, wouldFit: null, tokensPerSample: 100, basis: '', measuring: false },
    time: time && { leastMs: time[0], mostMs: time[1], tokensPerSecond: 10 },
  },
});
const estimate = (...nodes: TuningNodeEstimate[]): TuningEstimate => ({ samples: null, steps: null, nodes });

describe('what several tunings take of a node', () => {
  it('is the sum of them all, and beside it the longest of them', () => {
    const [told] = nodeEstimates([estimate(node('a', [10, 100])), estimate(node('a', [20, 300]))], 3);
    expect(told).toMatchObject({ one: { leastMs: 20, mostMs: 300 }, all: { leastMs: 90, mostMs: 1200 } });
  });

  it('is not told where that of one is not known', () => {
    const [told] = nodeEstimates([estimate(node('a', [10, 100])), estimate(node('a', null))], 1);
    expect(told).toMatchObject({ one: { mostMs: 100 }, all: null });
    expect(nodeEstimates([estimate(node('a', null))], 1)[0]).toMatchObject({ one: null, all: null });
  });

  it('comes first for nodes that can take them, and a problem with one is a problem with all', () => {
    const first = estimate(node('a', null, 'away'), node('b', [1, 2]), node('c', [1, 2]));
    const second = estimate(node('a', null, 'away'), node('b', [1, 2], 'full'), node('c', [1, 2]));
    expect(nodeEstimates([first, second], 1).map(({ id, problem }) => [id, problem])).toEqual([
      ['c', null],
      ['a', 'away'],
      ['b', 'full'],
    ]);
  });
});
