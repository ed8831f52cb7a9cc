// A checkpoint converted to another weight format, once: a safetensors file in a cache, that later loads map as it is.
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { writeFileAtomically } from '../atomic-file.ts';
import { NARROW } from '../graph/narrow.ts';
import type { LlamaConfig } from './config.ts';
import { int8Entries, int8Matrix, int8Parts, largestChannels } from './int8-matrix.ts';
import { blockSize, type QuantizedType, quantize } from './quantize.ts';
import { type Checkpoint, encodeHeader, readSafetensorsHeader, readTensor, type TensorEntry } from './safetensors.ts';
import { checkedLocations } from './stored-tensors.ts';
import { isRowTable, weightShapes } from './weights.ts';

export const WEIGHT_FORMATS = ['f32', 'f16', 'bf16', 'int8', 'int4'] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** Matrices rounded for products in eight bits, beside tables in f32: for `--compute int8`, not a format to choose. */
export const INT8_COMPUTE = 'int8-compute';
export type FileFormat = WeightFormat | typeof INT8_COMPUTE;

const FLOAT_DTYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

export const scaleName = (matrix: string): string => `${matrix}.scale`;

export function isQuantized(format: FileFormat): format is QuantizedType {
  return format === 'int8' || format === 'int4';
}

/** Whether the checkpoint's matrices are stored in this format already. */
export function isStoredAs(checkpoint: Checkpoint, format: WeightFormat): boolean {
  if (isQuantized(format)) return false;
  return [...checkpoint.tensors.values()].every(
    ({ shape, dtype }) => shape.length < 2 || dtype === FLOAT_DTYPES[format],
  );
}

/** The widest format that a matrix of the checkpoint is stored in. */
export function storedFormat({ tensors }: Checkpoint): WeightFormat {
  const dtypes = new Set([...tensors.values()].filter(({ shape }) => shape.length > 1).map(({ dtype }) => dtype));
  return dtypes.has('F32') ? 'f32' : dtypes.has('BF16') ? 'bf16' : 'f16';
}

/** Rows of tables are looked up one by one, for which four bits have no operator: they get eight. */
export function quantizedType(format: QuantizedType, name: string): QuantizedType {
  return isRowTable(name) ? 'int8' : format;
}

/**
 * The checkpoint's tensors in `format`, from the file at `path`, which is written when it is not there: matrices narrowed or
 * quantised, each of those with its scales beside it, norms in f32.
 * @param inputEnergies for `INT8_COMPUTE`: the mean square of each input channel of each matrix
 * @throws TallrecError when the checkpoint is damaged, or the disk is full
 */
export async function openWeightFile(
  config: LlamaConfig,
  checkpoint: Checkpoint,
  format: FileFormat,
  path: string,
  inputEnergies?: () => Promise<InputEnergies>,
): Promise<Checkpoint> {
  if (!(await exists(path))) {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, bytesOf(config, checkpoint, format, await inputEnergies?.()));
  }
  const { tensors } = await readSafetensorsHeader(path);
  for (const [name, { dtype, shape }] of storedEntries(config, format)) {
    const found = tensors.get(name);
    if (found?.dtype === dtype && found.shape.join() === shape.join()) continue;
    throw new TallrecError('MODEL_UNSUPPORTED', `${path} has no tensor ${name} of ${dtype} [${shape}].`, {
      fix: 'Remove the file: it is made again.',
    });
  }
  return { dir: dirname(path), tensors, files: [path] };
}

/** What a weight file holds, in order. */
export function storedEntries(config: LlamaConfig, format: FileFormat): [name: string, entry: TensorEntry][] {
  return [...weightShapes(config)].flatMap(([name, shape]) => storedParts(name, shape, format).entries);
}

/** One tensor of the source as it is stored: entries of the file's header, and how their bytes are made of its numbers. */
interface StoredPart {
  entries: [name: string, entry: TensorEntry][];
  encode: (values: Float32Array, energies: InputEnergies | undefined) => Uint8Array[];
}

/** By the name of a matrix [out, in], float32 [in]. */
export type InputEnergies = ReadonlyMap<string, Float32Array>;

function storedParts(name: string, shape: readonly number[], format: FileFormat): StoredPart {
  if (format === INT8_COMPUTE) {
    return shape.length < 2 || isRowTable(name) ? storedParts(name, shape, 'f32') : int8ComputeParts(name, shape);
  }
  if (shape.length < 2 || !isQuantized(format)) {
    const dtype = shape.length < 2 || isQuantized(format) ? 'F32' : FLOAT_DTYPES[format];
    return { entries: [[name, { dtype, shape }]], encode: (values) => [NARROW[dtype](values)] };
  }
  const [outSize, inSize] = shape as [number, number];
  const type = quantizedType(format, name);
  const block = blockSize(type, inSize);
  const blocks = (outSize * inSize) / block;
  const packed: TensorEntry =
    type === 'int8'
      ? { dtype: 'I8', shape: [blocks, block] }
      : { dtype: 'U8', shape: [Math.ceil((blocks * block) / 2)] };
  return {
    entries: [
      [scaleName(name), { dtype: 'F32', shape: [blocks] }],
      [name, packed],
    ],
    encode: (values) => {
      const matrix = quantize(type, values, block);
      return [NARROW.F32(matrix.scales), matrix.packed];
    },
  };
}

function int8ComputeParts(name: string, shape: readonly number[]): StoredPart {
  const [outSize, inSize] = shape as [number, number];
  const entries = int8Entries(name, [outSize, inSize]);
  const { columns: columnsName } = int8Parts(name);
  return {
    entries,
    encode: (values, energies) => {
      const energy = energies?.get(name);
      if (!energy) throw new Error(`no input energies of ${name}`);
      const columns = largestChannels(energy);
      const { scale, gradientScale, terms, gradient } = int8Matrix(values, outSize, columns);
      const owned = entries.some(([entry]) => entry === columnsName) ? [columns] : [];
      return [...owned, scale, gradientScale, terms, gradient].map(({ buffer }) => new Uint8Array(buffer));
    },
  };
}

async function* bytesOf(
  config: LlamaConfig,
  checkpoint: Checkpoint,
  format: FileFormat,
  energies: InputEnergies | undefined,
): AsyncGenerator<Uint8Array> {
  yield* encodeHeader(storedEntries(config, format));
  for (const [name, location] of checkedLocations(config, checkpoint)) {
    yield* storedParts(name, location.shape, format).encode(await readTensor(location), energies);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
