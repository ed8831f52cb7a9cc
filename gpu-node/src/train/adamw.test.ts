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

// torch 2.15 and transformers 5.23: AdamW(lr=0.1, weight_decay=0.05), clip_grad_norm_ to 1, linear warm-up of 2 steps of 6.
const PYTORCH = {
  norms: [
    5.571363925933838, 10.403023719787598, 15.54294490814209, 20.71007537841797, 25.882862091064453, 31.057392120361328,
  ],
  rates: [0, 0.05, 0.1, 0.07500000000000001, 0.05, 0.025],
  w: [
    0.46147778630256653, -1.2002921104431152, 1.9391062259674072, -0.03106500767171383, 2.9863219261169434,
    -0.0985085740685463,
  ],
  b: [0.7859871983528137, -0.7859871983528137],
};

test('AdamW, clipping and the schedule together give the numbers of PyTorch', () => {
  const parameters = new Map([
    ['w', { data: Float32Array.of(0.5, -1.25, 2, 0, 3, -0.1) }],
    ['b', { data: Float32Array.of(1, -1) }],
  ]);
  const state = createAdamW(parameters);
  const norms: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < 6; i++) {
    const gradients = new Map([
      ['w', Float32Array.from([0.3, -0.7, 1.1, 5, -0.01, 0], (g) => g * (i + 1) * (-1) ** i)],
      ['b', Float32Array.from([2, -0.5], (g) => g / (i + 1))],
    ]);
    norms.push(clipGradientNorm(gradients, 1));
    rates.push(learningRateAt(i, { learningRate: 0.1, warmupSteps: 2, totalSteps: 6 }));
    adamWStep(state, parameters, gradients, rates.at(-1)!, { ...ADAMW_DEFAULTS, weightDecay: 0.05 });
  }
  norms.forEach((norm, i) => {
    expect(norm).toBeCloseTo(PYTORCH.norms[i]!, 4);
  });
  expect(rates).toEqual(PYTORCH.rates);
  for (const name of ['w', 'b'] as const) {
    parameters.get(name)!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(PYTORCH[name][i]!, 6);
    });
  }
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
