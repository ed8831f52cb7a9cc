// Matrices in eight bits are as near to what they were made of as their steps allow.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND_STEP } from '../autodiff/operations/int8-linear.ts';
import { int8Matrix } from './int8-matrix.ts';

const sizes = fc.record({ outSize: fc.integer({ min: 1, max: 6 }), inSize: fc.integer({ min: 1, max: 6 }) });
const matrices = sizes.chain(({ outSize, inSize }) =>
  fc
    .array(fc.float({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: outSize * inSize, maxLength: outSize * inSize })
    .map((values) => ({ outSize, inSize, values: Float32Array.from(values) })),
);

describe('a matrix in eight bits', () => {
  it('is off by half a step of its row or column, and where it has a second term by a 254th of that', () => {
    fc.assert(
      fc.property(matrices, ({ outSize, inSize, values }) => {
        const all = Int32Array.from({ length: inSize }, (_, column) => column);
        const [one, two] = [int8Matrix(values, outSize, new Int32Array()), int8Matrix(values, outSize, all)];
        values.forEach((value, at) => {
          const [o, i] = [Math.trunc(at / inSize), at % inSize];
          const place = i * outSize + o;
          const rounding = 1e-4;
          expect(Math.abs(one.scale[o]! * one.terms[place]! - value)).toBeLessThanOrEqual(
            (0.5 + rounding) * one.scale[o]!,
          );
          const sum = two.terms[place]! + SECOND_STEP * two.terms[values.length + place]!;
          expect(Math.abs(two.scale[o]! * sum - value)).toBeLessThanOrEqual(
            (0.5 * SECOND_STEP + rounding) * two.scale[o]!,
          );
          const back = one.gradientScale[i]! * one.gradient[at]!;
          expect(Math.abs(back - value)).toBeLessThanOrEqual((0.5 + rounding) * one.gradientScale[i]!);
        });
      }),
      { seed: 1 },
    );
  });

  it('is refused where a number is not finite', () => {
    expect(() => int8Matrix(Float32Array.of(1, Number.POSITIVE_INFINITY), 1, new Int32Array())).toThrow(
      'weight 1 is not finite',
    );
  });
});
