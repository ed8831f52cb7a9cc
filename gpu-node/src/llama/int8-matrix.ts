// A frozen matrix rounded to eight bits for products in eight bits: once in the order of the forward pass, with a scale for each
// output and, for its largest input channels, what the rounding left; and once in that of gradients, with a scale for each input.
import { SECOND_STEP } from '../autodiff/operations/int8-linear.ts';
import type { TensorEntry } from './safetensors.ts';

const LARGEST = 127;
/** Rows of zeros have a scale too. */
const LEAST = 1e-30;
/** One in so many input channels has a second term: these hold half to nine tenths of what a matrix takes in, squared. */
const CHANNELS_PER_SECOND_TERM = 16;

/** A matrix's parts by their names in a file. Matrices that take in the same activations have their columns in common. */
export const int8Parts = (matrix: string) => ({
  terms: `${matrix}.int8`,
  scale: `${matrix}.int8.scale`,
  columns: `${inputOf(matrix)}.int8.columns`,
  gradient: `${matrix}.int8.gradient`,
  gradientScale: `${matrix}.int8.gradient.scale`,
});

function inputOf(matrix: string): string {
  return matrix.replace(/\.[kv]_proj\./, '.q_proj.').replace('.up_proj.', '.gate_proj.');
}

export function secondTermChannels(inSize: number): number {
  return Math.ceil(inSize / CHANNELS_PER_SECOND_TERM);
}

/** The channels that have a second term, in order. @param energy the mean square of each input channel */
export function largestChannels(energy: Float32Array): Int32Array {
  const byEnergy = Int32Array.from(energy, (_, channel) => channel).sort((a, b) => energy[b]! - energy[a]! || a - b);
  return byEnergy.slice(0, secondTermChannels(energy.length)).sort();
}

/** What a file holds of a matrix [out, in], in order: first what is to lie at multiples of four bytes. */
export function int8Entries(matrix: string, [outSize, inSize]: readonly [number, number]): [string, TensorEntry][] {
  const names = int8Parts(matrix);
  const channels = secondTermChannels(inSize);
  const columns: [string, TensorEntry] = [names.columns, { dtype: 'I32', shape: [channels] }];
  return [
    ...(inputOf(matrix) === matrix ? [columns] : []),
    [names.scale, { dtype: 'F32', shape: [outSize] }],
    [names.gradientScale, { dtype: 'F32', shape: [inSize] }],
    [names.terms, { dtype: 'I8', shape: [inSize + channels, outSize] }],
    [names.gradient, { dtype: 'I8', shape: [outSize, inSize] }],
  ];
}

export interface Int8Matrix {
  /** [out] */
  scale: Float32Array;
  /** [in] */
  gradientScale: Float32Array;
  /** [in + C, out]: w ≈ scale · q, then for each of C columns the rounding's remainders in steps of `SECOND_STEP`. */
  terms: Int8Array;
  /** [out, in]: w ≈ gradientScale · q */
  gradient: Int8Array;
}

/**
 * @param values [out, in]
 * @param columns input channels that have a second term
 * @throws RangeError when a value is not finite
 */
export function int8Matrix(values: Float32Array, outSize: number, columns: Int32Array): Int8Matrix {
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
  const terms = new Int8Array(values.length + columns.length * outSize);
  const gradient = new Int8Array(values.length);
  for (let o = 0, at = 0; o < outSize; o++) {
    for (let i = 0; i < inSize; i++, at++) {
      terms[i * outSize + o] = Math.round(values[at]! / scale[o]!);
      gradient[at] = Math.round(values[at]! / gradientScale[i]!);
    }
    columns.forEach((i, c) => {
      const left = values[o * inSize + i]! / scale[o]! - terms[i * outSize + o]!;
      terms[(inSize + c) * outSize + o] = Math.round(left / SECOND_STEP);
    });
  }
  return { scale, gradientScale, terms, gradient };
}
