// Where a checkpoint's weights are kept in other formats: a file for each content hash and format, made when first asked for.
import { join } from 'node:path';
import type { ConvertedWeights } from '../llama/load.ts';
import { type FileFormat, INT8_COMPUTE, type WeightFormat } from '../llama/weight-file.ts';
import type { ModelPlace } from './store.ts';

/** What matrices are multiplied in: `int8` is faster on CPUs with VNNI or AMX, at some cost in accuracy. */
export const COMPUTES = ['f32', 'int8'] as const;
export type Compute = (typeof COMPUTES)[number];

/** Changes when the conversion does, so that files of an older one are not taken for it. */
const LAYOUT = 'v1';

/** @returns undefined for weights as they are stored */
export function convertedWeights(
  home: string,
  { contentHash }: Pick<ModelPlace, 'contentHash'>,
  format: WeightFormat | undefined,
): ConvertedWeights | undefined {
  if (!format) return undefined;
  return { format, file: fileOf(home, contentHash, format) };
}

/** What products in eight bits are computed from; undefined for float32. */
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

/** How numbers are said to be computed, in reports: in float32, from weights of a format. */
export function precisionOf(format: WeightFormat | undefined): string {
  return format === undefined || format === 'f32' ? 'f32' : `f32 from ${format} weights`;
}
