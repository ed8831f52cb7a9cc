// Weights in fewer bits: blocks of a row share one scale, w ≈ scale · q with whole q, int8 in −127 … 127 or int4 in −8 … 7.

export type QuantizedType = 'int8' | 'int4';

/** Largest blocks; smaller ones keep more, and cost a float32 scale each. */
const BLOCK_SIZES: Record<QuantizedType, number> = { int8: 64, int4: 32 };
const LOWEST: Record<QuantizedType, number> = { int8: -127, int4: -8 };
const HIGHEST: Record<QuantizedType, number> = { int8: 127, int4: 7 };

export interface QuantizedMatrix {
  /** int8: one byte a weight; int4: two weights a byte, the earlier one in the low bits, as ONNX packs them. */
  packed: Uint8Array;
  /** One a block. */
  scales: Float32Array;
}

/** The largest block that tells rows of `inSize` apart: a divisor of it. */
export function blockSize(type: QuantizedType, inSize: number): number {
  let block = Math.min(BLOCK_SIZES[type], inSize);
  while (inSize % block !== 0) block--;
  return block;
}

/**
 * @param values rows of a multiple of `block` weights
 * @throws RangeError when one is not finite
 */
export function quantize(type: QuantizedType, values: Float32Array, block: number): QuantizedMatrix {
  const blocks = values.length / block;
  const scales = new Float32Array(blocks);
  const whole = new Int8Array(values.length);
  for (let b = 0; b < blocks; b++) {
    const start = b * block;
    const extreme = furthest(values, start, block);
    if (!Number.isFinite(extreme)) throw new RangeError(`weight ${start} to ${start + block}: not all are finite`);
    if (extreme === 0) continue;
    // The extreme is hit exactly; int4 puts it at −8, where there is one step more.
    const scale = type === 'int8' ? Math.abs(extreme) / HIGHEST.int8 : extreme / LOWEST.int4;
    round(type, values, whole, start, block, scale);
    scales[b] = type === 'int8' ? scale : refit(values, whole, start, block);
    if (type === 'int4') round(type, values, whole, start, block, scales[b]!);
  }
  return { packed: type === 'int8' ? new Uint8Array(whole.buffer) : packNibbles(whole), scales };
}

/** What `quantize` made of the weights. */
export function dequantize(type: QuantizedType, { packed, scales }: QuantizedMatrix, block: number): Float32Array {
  const values = new Float32Array(scales.length * block);
  const signed = new Int8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let i = 0; i < values.length; i++) {
    const nibbles = packed[i >> 1]!;
    const q = type === 'int8' ? signed[i]! : ((i & 1 ? nibbles & 0xf0 : nibbles << 4) << 24) >> 28;
    values[i] = scales[Math.trunc(i / block)]! * q;
  }
  return values;
}

/** The value of largest magnitude, with its sign; NaN or an infinity where there is one. */
function furthest(values: Float32Array, start: number, count: number): number {
  let extreme = 0;
  for (let i = start; i < start + count; i++) {
    const value = values[i]!;
    if (!(Math.abs(value) <= Math.abs(extreme))) extreme = value;
    if (Number.isNaN(extreme)) break;
  }
  return extreme;
}

function round(
  type: QuantizedType,
  values: Float32Array,
  whole: Int8Array,
  start: number,
  count: number,
  scale: number,
): void {
  const [lowest, highest] = [LOWEST[type], HIGHEST[type]];
  for (let i = start; i < start + count; i++) {
    whole[i] = Math.max(lowest, Math.min(highest, Math.round(values[i]! / scale)));
  }
}

/** The scale of least squared error for the whole numbers as they are: Σ w q / Σ q². */
function refit(values: Float32Array, whole: Int8Array, start: number, count: number): number {
  let products = 0;
  let squares = 0;
  for (let i = start; i < start + count; i++) {
    products += values[i]! * whole[i]!;
    squares += whole[i]! * whole[i]!;
  }
  return products / squares;
}

function packNibbles(whole: Int8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(whole.length / 2));
  for (let i = 0; i < whole.length; i++) packed[i >> 1]! |= (whole[i]! & 15) << (i & 1 ? 4 : 0);
  return packed;
}
