import { paperAuc } from '@tallrec/shared/paper-figures';
import { seedsInterval } from '@tallrec/shared/seeds-interval';
import { describe, expect, it } from 'vitest';
import { paperSeries, type ShotsRun, shotsSeries } from './shots-series.ts';

const run = (series: string, shots: number, seed: number, auc: number): ShotsRun => ({
  ...{ series, label: series.toUpperCase(), shots, seed, auc },
  interval: { low: auc - 0.1, high: auc + 0.1 },
});

describe('AUC against K', () => {
  it('is the mean over seeds with Student’s interval, of one seed with that of its own', () => {
    const runs = [run('a', 64, 0, 0.6), run('a', 16, 0, 0.5), run('a', 16, 1, 0.54), run('b', 16, 0, 0.7)];
    const [a, b] = shotsSeries(runs);
    const { low, high } = seedsInterval([0.5, 0.54])!;
    expect(a!.label).toBe('A');
    expect(a!.points.map(({ shots, seeds }) => [shots, seeds])).toEqual([
      [16, 2],
      [64, 1],
    ]);
    expect(a!.points[0]).toMatchObject({
      auc: expect.closeTo(0.52, 12),
      low: expect.closeTo(low, 12),
      high: expect.closeTo(high, 12),
    });
    expect(a!.points[1]).toMatchObject({ auc: 0.6, low: 0.5, high: expect.closeTo(0.7, 12) });
    expect(b!.points).toHaveLength(1);
  });

  it('counts a seed once, as it came first', () => {
    const [series] = shotsSeries([run('a', 16, 0, 0.6), run('a', 16, 0, 0.9)]);
    expect(series!.points).toMatchObject([{ auc: 0.6, seeds: 1 }]);
  });

  it('stands beside the paper’s curves of the same methods, and TALLRec’s always', () => {
    const titles = (methods: Parameters<typeof paperSeries>[1]) =>
      paperSeries('movie', methods).map(({ title }) => title);
    expect(titles(new Set())).toEqual(['TALLRec']);
    expect(titles(new Set(['sasrec', 'popularity']))).toEqual(['SASRec', 'TALLRec']);
    const [tallrec] = paperSeries('book', new Set());
    expect(tallrec!.points).toEqual([16, 64, 256].map((shots) => ({ shots, auc: paperAuc('book', 'tallrec', shots) })));
  });
});
