import { describe, expect, test } from 'vitest';
import { ADAMW_DEFAULTS, adamWStep, clipGradientNorm, createAdamW } from './adamw.ts';
import { learningRateAt } from './schedule.ts';

describe('AdamW', () => {
  test('three steps by hand: decay is decoupled and both biases are corrected', () => {
    const parameters = new Map([['w', { data: Float32Array.of(1) }]]);
    const state = createAdamW(parameters);
    const config = { ...ADAMW_DEFAULTS, weightDecay: 0.1 };
    let [w, m, v] = [1, 0, 0];
    [0.5, -1, 2].forEach((gradient, index) => {
      adamWStep(state, parameters, new Map([['w', Float32Array.of(gradient)]]), 0.01, config);
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient ** 2;
      const t = index + 1;
      w = w - 0.01 * 0.1 * w;
      w -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
      expect(parameters.get('w')!.data[0]).toBeCloseTo(w, 6);
    });
    expect(state.step).toBe(3);
  });

  test('a rate of zero moves nothing but the moments', () => {
    const parameters = new Map([['w', { data: Float32Array.of(1, -1) }]]);
    const state = createAdamW(parameters);
    adamWStep(state, parameters, new Map([['w', Float32Array.of(3, 4)]]), 0, ADAMW_DEFAULTS);
    expect([...parameters.get('w')!.data]).toEqual([1, -1]);
    expect(state.moments.get('w')!.first[1]).toBeCloseTo(0.4, 6);
  });

  test('a missing gradient changes nothing', () => {
    const parameters = new Map([
      ['a', { data: Float32Array.of(1) }],
      ['b', { data: Float32Array.of(1) }],
    ]);
    const state = createAdamW(parameters);
    expect(() => adamWStep(state, parameters, new Map([['a', Float32Array.of(1)]]), 1, ADAMW_DEFAULTS)).toThrow(
      /b has no gradient/,
    );
    expect(parameters.get('a')!.data[0]).toBe(1);
    expect(state.step).toBe(0);
  });
});

describe('clipGradientNorm', () => {
  test('scales jointly to the norm, and leaves small gradients alone', () => {
    const gradients = new Map([
      ['a', Float32Array.of(3)],
      ['b', Float32Array.of(4)],
    ]);
    expect(clipGradientNorm(gradients, 1)).toBe(5);
    expect(gradients.get('a')![0]).toBeCloseTo(0.6, 6);
    expect(gradients.get('b')![0]).toBeCloseTo(0.8, 6);
    expect(clipGradientNorm(gradients, 2)).toBeCloseTo(1, 6);
    expect(gradients.get('b')![0]).toBeCloseTo(0.8, 6);
  });
});

describe('learningRateAt', () => {
  test('warms up from zero, decays to zero, and never falls below', () => {
    const schedule = { learningRate: 0.01, warmupSteps: 4, totalSteps: 20 };
    expect([0, 1, 4, 12, 20, 30].map((step) => learningRateAt(step, schedule))).toEqual([0, 0.0025, 0.01, 0.005, 0, 0]);
    expect(learningRateAt(0, { ...schedule, warmupSteps: 0 })).toBe(0.01);
  });
});
