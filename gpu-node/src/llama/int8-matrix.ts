// A frozen matrix rounded to eight bits for products in eight bits: once in the order of the forward pass, with a scale for each
// output and what the first rounding left as a second term where that is wanted, and once in that of gradients, with one for each input.
import { SECOND_STEP } from '../autodiff/operations/int8-linear.ts';
import type { TensorEntry } from './safetensors.ts';

const LARGEST = 127;
/** Rows of zeros have a scale too. */
const LEAST = 1e-30;

/** A matrix's parts by their names in a file. */
export const int8Parts = (matrix: string) => ({
  terms: `${matrix}.int8`,
  scale: `${matrix}.int8.scale`,
  gradient: `${matrix}.int8.gradient`,
  gradientScale: `${matrix}.int8.gradient.scale`,
});

/** These make up half of the weights, and most of what a second term mends: what they give is added to the residual stream. */
export function hasSecondTerm(matrix: string): boolean {
  return matrix.includes('.self_attn.') || matrix.includes('.down_proj.');
}

/** What a file holds of a matrix [out, in], in order: scales first, which are to lie at multiples of four bytes. */
export function int8Entries(matrix: string, [outSize, inSize]: readonly [number, number]): [string, TensorEntry][] {
  const names = int8Parts(matrix);
  const rows = hasSecondTerm(matrix) ? 2 * inSize : inSize;
  return [
    [names.scale, { dtype: 'F32', shape: [outSize] }],
    [names.gradientScale, { dtype: 'F32', shape: [inSize] }],
    [names.terms, { dtype: 'I8', shape: [rows, outSize] }],
    [names.gradient, { dtype: 'I8', shape: [outSize, inSize] }],
  ];
}

export interface Int8Matrix {
  /** [out] */
  scale: Float32Array;
  /** [in] */
  gradientScale: Float32Array;
  /** [in, out]: w ≈ scale · q. With a second term [2 · in, out]: the rounding's remainders in steps of `SECOND_STEP`, then q. */
  terms: Int8Array;
  /** [out, in]: w ≈ gradientScale · q */
  gradient: Int8Array;
}

/**
 * @param values [out, in]
 * @throws RangeError when one is not finite
 */
export function int8Matrix(values: Float32Array, outSize: number, secondTerm: boolean): Int8Matrix {
  const inSize = values.length / outSize;
  const largest = { byOutput: new Float32Array(outSize), byInput: new Float32Array(inSize) };
  for (let o = 0, at = 0; o < outSize; o++) {
    for (let i = 0; i < inSize; i++, at++) {
      const size = Math.abs(values[at]!);
      if (!Number.isFinite(size)) throw new RangeError(`weight ${at} is not finite`);
      if (size > largest.byOutput[o]!) largest.byOutput[o] = size;
      if (size > largest.byInput[i]!) largest.byInput[i] = size;
    }
  }
  const scale = largest.byOutput.map((size) => Math.max(size, LEAST) / LARGEST);
  const gradientScale = largest.byInput.map((size) => Math.max(size, LEAST) / LARGEST);
  const first = secondTerm ? values.length : 0;
  const terms = new Int8Array(first + values.length);
  const gradient = new Int8Array(values.length);
  for (let o = 0, at = 0; o < outSize; o++) {
    for (let i = 0; i < inSize; i++, at++) {
      const steps = values[at]! / scale[o]!;
      const whole = Math.round(steps);
      const transposed = i * outSize + o;
      terms[first + transposed] = whole;
      if (secondTerm) terms[transposed] = Math.round((steps - whole) / SECOND_STEP);
      gradient[at] = Math.round(values[at]! / gradientScale[i]!);
    }
  }
  return { scale, gradientScale, terms, gradient };
}
