import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NARROW } from '../graph/narrow.ts';
import { blockSize, dequantize, type QuantizedType, quantize } from './quantize.ts';
import { WIDEN } from './widen.ts';

const weight = fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 });

describe('quantised weights', () => {
  it.each(['int8', 'int4'] as const)('%s: no weight is further off than its block’s largest allows', (type) => {
    const shape = fc.record({ block: fc.integer({ min: 1, max: 40 }), rows: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(
        shape.chain(({ block, rows }) =>
          fc.record({
            block: fc.constant(block),
            values: fc.float32Array({ ...bounds(block * rows), noNaN: true, min: -100, max: 100 }),
          }),
        ),
        ({ block, values }) => {
          const back = dequantize(type, quantize(type, values, block), block);
          expect(back).toHaveLength(values.length);
          for (let start = 0; start < values.length; start += block) {
            const part = values.subarray(start, start + block);
            const largest = Math.max(...part.map(Math.abs));
            part.forEach((value, i) => {
              expect(Math.abs(back[start + i]! - value)).toBeLessThanOrEqual(LARGEST_ERROR[type] * largest + 1e-30);
            });
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keep zeros, the largest weight of 8 bits, and the signs of 4', () => {
    const values = Float32Array.of(0, 0, 0, 0, 1, -2, 0.5, 0.25);
    expect([...dequantize('int8', quantize('int8', values, 4), 4)].slice(0, 6)).toEqual([
      0,
      0,
      0,
      0,
      expect.closeTo(1, 1),
      -2,
    ]);
    const { packed, scales } = quantize('int4', Float32Array.of(-8, 7, 1, -1), 4);
    expect([...packed]).toEqual([0x78, 0xf1]);
    expect([...scales]).toEqual([1]);
  });

  it('have blocks that end with the row', () => {
    expect(blockSize('int8', 576)).toBe(64);
    expect(blockSize('int4', 48)).toBe(24);
    expect(blockSize('int8', 7)).toBe(7);
    fc.assert(fc.property(fc.integer({ min: 1, max: 20000 }), (inSize) => inSize % blockSize('int4', inSize) === 0));
  });

  it('cannot be made of what is not finite', () => {
    expect(() => quantize('int8', Float32Array.of(1, Number.NaN), 2)).toThrow(/not all are finite/);
    expect(() => quantize('int4', Float32Array.of(Number.NEGATIVE_INFINITY, 1), 2)).toThrow(/not all are finite/);
  });
});

describe('narrowed weights', () => {
  it.each(['F16', 'BF16'] as const)(
    '%s: what is representable stays, the rest goes to the nearest, ties to even',
    (dtype) => {
      const all = Buffer.from(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer);
      const numbers = new Float32Array(65536);
      WIDEN[dtype]!(all, numbers, 0);
      const finite = numbers.filter(Number.isFinite).sort();
      expect(roundTrip(dtype, finite)).toEqual(finite);
      fc.assert(
        fc.property(weight, (value) => {
          const [rounded] = roundTrip(dtype, Float32Array.of(value));
          const at = finite.findIndex((candidate) => candidate >= value);
          const nearest = Math.min(Math.abs(finite[at]! - value), Math.abs(finite[at - 1]! - value));
          expect(Math.abs(rounded! - value)).toBe(nearest);
        }),
      );
      const [a, b, c] = [finite[40000]!, finite[40001]!, finite[40002]!];
      const evenOf = (low: number, high: number) => (bits16(dtype, low) % 2 === 0 ? low : high);
      expect([...roundTrip(dtype, Float32Array.of((a + b) / 2, (b + c) / 2))]).toEqual([evenOf(a, b), evenOf(b, c)]);
    },
  );

  it('F16: too large becomes the largest', () => {
    expect([...roundTrip('F16', Float32Array.of(1e6, -65519, 65504, 1e-9))]).toEqual([65504, -65504, 65504, 0]);
  });
});

/** In units of the block's largest weight: half a step; int4 leaves out its step +8, and fits its scale once more. */
const LARGEST_ERROR: Record<QuantizedType, number> = { int8: 0.5 / 127 + 1e-6, int4: 0.25 };

function bounds(length: number) {
  return { minLength: length, maxLength: length };
}

function roundTrip(dtype: 'F16' | 'BF16', values: Float32Array): Float32Array {
  const back = new Float32Array(values.length);
  WIDEN[dtype]!(Buffer.from(NARROW[dtype](values)), back, 0);
  return back;
}

function bits16(dtype: 'F16' | 'BF16', value: number): number {
  return Buffer.from(NARROW[dtype](Float32Array.of(value))).readUInt16LE(0);
}
