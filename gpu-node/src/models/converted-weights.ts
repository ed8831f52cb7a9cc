// Where a checkpoint's weights are kept in other formats: a file for each content hash and format, made when first asked for.
import { join } from 'node:path';
import type { ConvertedWeights } from '../llama/load.ts';
import { type FileFormat, INT8_COMPUTE, type WeightFormat } from '../llama/weight-file.ts';
import type { ComputeType } from '../llama/weights.ts';
import type { ModelPlace } from './store.ts';

/** What matrices are multiplied in: `f16` is faster on GPUs, `int8` on CPUs with VNNI or AMX, each at some cost in accuracy. */
export const COMPUTES = ['f32', 'f16', 'int8'] as const;
export type Compute = (typeof COMPUTES)[number];

/** Changes when the conversion does, so that files of an older one are not taken for it. */
const LAYOUT = 'v2';

/** @returns undefined for weights as they are stored */
export function convertedWeights(
  home: string,
  { contentHash }: Pick<ModelPlace, 'contentHash'>,
  format: WeightFormat | undefined,
): ConvertedWeights | undefined {
  if (!format) return undefined;
  return { format, file: fileOf(home, contentHash, format) };
}

/** Products in float16 want weights in f16, which are then converted once and not each time they are met. */
export function weightsFor(compute: Compute, format: WeightFormat | undefined): WeightFormat | undefined {
  return compute === 'f16' ? (format ?? 'f16') : format;
}

export function computeType(compute: Compute): ComputeType {
  return compute === 'f16' ? 'float16' : 'float32';
}

/** What products in eight bits are computed from; undefined for others. */
export function computedWeights(
  home: string,
  { contentHash }: Pick<ModelPlace, 'contentHash'>,
  compute: Compute,
): string | undefined {
  return compute === 'int8' ? fileOf(home, contentHash, INT8_COMPUTE) : undefined;
}

function fileOf(home: string, contentHash: string, format: FileFormat): string {
  return join(home, 'cache', 'weights', `${contentHash}-${format}-${LAYOUT}.safetensors`);
}

/** How numbers are said to be computed, in reports, and from weights of what format. */
export function precisionOf(format: WeightFormat | undefined, compute: Compute = 'f32'): string {
  if (compute === 'int8') return `${precisionOf(format)}, computed in int8`;
  return format === undefined || format === compute ? compute : `${compute} from ${format} weights`;
}
