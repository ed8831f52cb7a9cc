import { expect, it } from 'vitest';
import { axisTicks } from './axis-ticks.ts';

const shown = (...values: number[]) => {
  const { ticks, format } = axisTicks(values);
  return ticks.map(format);
};

it('are numbers that people count in, with all values in sight', () => {
  expect(shown(0.317, 0.5, 0.617)).toEqual(['0.3', '0.4', '0.5', '0.6', '0.7']);
  expect(shown(0.81865, 0.8187)).toEqual(['0.81865', '0.81866', '0.81867', '0.81868', '0.81869', '0.81870']);
  expect(shown(0, 100)).toEqual(['0', '20', '40', '60', '80', '100']);
  expect(shown(0, 1e-4)).toEqual(['0', '2.0e-5', '4.0e-5', '6.0e-5', '8.0e-5', '1.0e-4']);
  expect(shown(-3, 41_000)).toEqual(['-10K', '0', '10K', '20K', '30K', '40K', '50K']);
});

it('surround a single value', () => {
  for (const value of [0.5, 0, -3, 12_345]) {
    const { ticks, domain } = axisTicks([value]);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(domain[0]).toBeLessThanOrEqual(value);
    expect(domain[1]).toBeGreaterThanOrEqual(value);
  }
});

it('never come twice', () => {
  for (const [low, high] of [
    [0.8186, 0.8187],
    [1e-7, 1.2e-7],
    [0.1, 0.3],
    [1, 3],
    [999, 1001],
    [12_000, 12_008],
  ] as const) {
    const labels = axisTicks([low, high]).ticks.map(axisTicks([low, high]).format);
    expect(new Set(labels).size).toBe(labels.length);
  }
});
