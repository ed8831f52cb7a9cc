// A checkpoint with an adapter in its weights, W + (alpha / r) B A, as PEFT's merge_and_unload makes it: written tensor by tensor.
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { syncDirectory, writeFileAtomically, writeFileSynced } from '../atomic-file.ts';
import { NARROW } from '../graph/narrow.ts';
import { readCheckpoint } from '../llama/checkpoint.ts';
import { loraTensorName, modulePath } from '../llama/linear-modules.ts';
import { type AdapterTensor, type LoraAdapter, loraScale } from '../llama/lora.ts';
import { encodeHeader, readSafetensorsHeader, readTensor, type TensorLocation } from '../llama/safetensors.ts';

export const MERGED_DTYPES = ['f32', 'f16', 'bf16'] as const;
export type MergedDtype = (typeof MERGED_DTYPES)[number];
type FloatDtype = keyof typeof NARROW;

const DTYPES: Record<MergedDtype, FloatDtype> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };
/** As config.json calls them. */
const TORCH_DTYPES: Record<MergedDtype, string> = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };
const CHUNK_VALUES = 4 * 1024 * 1024;
const LARGEST_HALF = 65504;

/** What transformers reads beside the weights. */
const BESIDE = [
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
  'merges.txt',
  'special_tokens_map.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'vocab.json',
];
const INDEX_FILE = 'model.safetensors.index.json';

export interface MergeOptions {
  /** Of all floating-point tensors; each its own when left out. */
  dtype?: MergedDtype | undefined;
  /** Of a matrix at a time, so that a large one does not fill the memory. */
  chunkValues?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface Merged {
  /** Matrices that were changed. */
  matrices: number;
  bytes: number;
  /** What these are stored in, narrower than they were computed in: to this they were rounded. */
  roundedTo: MergedDtype[];
}

/**
 * Writes `out` as one checkpoint: a directory that is there whole or not at all, sharded as the base is.
 * @param adapter read for this checkpoint
 * @throws TallrecError when `out` is there already, the checkpoint cannot be read, a merged weight is beyond its type, or it was aborted
 */
export async function mergeAdapter(
  dir: string,
  adapter: LoraAdapter,
  out: string,
  options: MergeOptions = {},
): Promise<Merged> {
  const { dtype } = options;
  const target = resolve(out);
  await assertAbsent(target, out);
  const { config, checkpoint } = await readCheckpoint(dir);
  const deltas = deltasOf(adapter, config.layers);
  const merge = new Merge(deltas, options);
  const files = await Promise.all(
    checkpoint.files.map(async (file) => ({ name: basename(file), ...(await readSafetensorsHeader(file)) })),
  );
  merge.totalBytes = files.reduce((sum, { tensors }) => sum + bytesOf([...tensors.values()]), 0);

  const aside = `${target}.${process.pid}.tmp`;
  await mkdir(aside, { recursive: true });
  try {
    for (const { name, tensors, metadata } of files) {
      await writeFileSynced(join(aside, name), merge.chunks(tensors, metadata));
    }
    await writeBeside(dir, aside, { dtype, tied: config.tieWordEmbeddings }, merge.writtenBytes, files.length > 1);
    await syncDirectory(aside);
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
  return { matrices: deltas.size, bytes: merge.writtenBytes, roundedTo: [...merge.roundedTo] };
}

async function assertAbsent(target: string, out: string): Promise<void> {
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new TallrecError('CONFLICT', `${out} is there already.`, {
    fix: 'Name another directory by --out, or remove it.',
  });
}

/** Of a matrix, W += scale · B A. */
interface Delta {
  a: AdapterTensor;
  b: AdapterTensor;
  scale: number;
}

/** By the names of the base's weights; those that change nothing are left out. */
function deltasOf({ config, tensors }: LoraAdapter, layers: number): Map<string, Delta> {
  const deltas = new Map<string, Delta>();
  for (let layer = 0; layer < layers; layer++) {
    for (const module of config.targetModules) {
      const [a, b] = [tensors.get(loraTensorName(layer, module, 'A')), tensors.get(loraTensorName(layer, module, 'B'))];
      if (!a || !b || b.data.every((value) => value === 0)) continue;
      deltas.set(`${modulePath(layer, module)}.weight`, { a, b, scale: loraScale(config) });
    }
  }
  return deltas;
}

class Merge {
  totalBytes = 0;
  writtenBytes = 0;
  readonly roundedTo = new Set<MergedDtype>();
  readonly #deltas: ReadonlyMap<string, Delta>;
  readonly #dtype: FloatDtype | undefined;
  readonly #options: MergeOptions;
  #readBytes = 0;

  constructor(deltas: ReadonlyMap<string, Delta>, options: MergeOptions) {
    this.#deltas = deltas;
    this.#dtype = options.dtype && DTYPES[options.dtype];
    this.#options = options;
  }

  /** The bytes of a file, its tensors in the order of the base's. */
  async *chunks(
    tensors: ReadonlyMap<string, TensorLocation>,
    metadata: Record<string, string>,
  ): AsyncGenerator<Uint8Array> {
    const ordered = [...tensors].sort(([, a], [, b]) => a.byteOffset - b.byteOffset);
    yield* encodeHeader(
      ordered.map(([name, location]) => [name, { dtype: this.#storedAs(location), shape: location.shape }]),
      { format: 'pt', ...metadata },
    );
    for (const [name, location] of ordered) {
      for await (const bytes of this.#tensor(name, location)) {
        if (this.#options.signal?.aborted)
          throw new TallrecError('CANCELLED', 'The export was stopped; nothing is left of it.');
        this.writtenBytes += bytes.byteLength;
        yield bytes;
      }
      this.#readBytes += location.byteLength;
      this.#options.onProgress?.(this.#readBytes, this.totalBytes);
    }
  }

  #storedAs({ dtype }: TensorLocation): TensorLocation['dtype'] {
    return dtype in NARROW ? (this.#dtype ?? dtype) : dtype;
  }

  async *#tensor(name: string, location: TensorLocation): AsyncGenerator<Uint8Array> {
    const dtype = this.#storedAs(location);
    const delta = this.#deltas.get(name);
    if (!delta && dtype === location.dtype) {
      if (location.byteLength > 0) yield* bytesAt(location);
      return;
    }
    // Only floating-point tensors are merged or converted.
    const narrow = NARROW[dtype as FloatDtype];
    const rounded = MERGED_DTYPES.find((type) => DTYPES[type] === dtype && type !== 'f32');
    if (rounded) this.roundedTo.add(rounded);
    for (const { firstRow, rows } of rowChunks(location, this.#options.chunkValues ?? CHUNK_VALUES)) {
      const values = await readTensor(rows);
      if (delta) addProduct(values, delta, firstRow);
      assertWithin(values, dtype, name);
      yield narrow(values);
    }
  }
}

async function* bytesAt({ file, byteOffset, byteLength }: TensorLocation): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { start: byteOffset, end: byteOffset + byteLength - 1, highWaterMark: 2 ** 22 });
}

/** A tensor's rows, some at a time; one without rows is its own. */
function* rowChunks(
  location: TensorLocation,
  chunkValues: number,
): Generator<{ firstRow: number; rows: TensorLocation }> {
  const [count = 1, ...rest] = location.shape;
  const width = rest.reduce((product, size) => product * size, 1);
  if (count === 0 || width === 0) return;
  const rowBytes = location.byteLength / count;
  const atOnce = Math.max(1, Math.floor(chunkValues / width));
  for (let firstRow = 0; firstRow < count; firstRow += atOnce) {
    const taken = Math.min(atOnce, count - firstRow);
    const place = { byteOffset: location.byteOffset + firstRow * rowBytes, byteLength: taken * rowBytes };
    yield { firstRow, rows: { ...location, ...place, shape: [taken, ...rest] } };
  }
}

/** `values` [rows, in] of W from `firstRow` on, plus scale · B A; sums are float64 until they are added. */
function addProduct(values: Float32Array, { a, b, scale }: Delta, firstRow: number): void {
  const [rank, width] = a.shape;
  const sums = new Float64Array(width);
  for (let row = 0; row < values.length / width; row++) {
    sums.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b.data[(firstRow + row) * rank + r]!;
      if (factor === 0) continue;
      const from = r * width;
      for (let i = 0; i < width; i++) sums[i]! += factor * a.data[from + i]!;
    }
    const at = row * width;
    for (let i = 0; i < width; i++) values[at + i] = values[at + i]! + scale * sums[i]!;
  }
}

function assertWithin(values: Float32Array, dtype: string, name: string): void {
  const largest = dtype === 'F16' ? LARGEST_HALF : Number.MAX_VALUE;
  if (values.every((value) => Math.abs(value) <= largest)) return;
  throw new TallrecError('ADAPTER_INVALID', `${name} with the adapter is beyond what ${dtype.toLowerCase()} holds.`, {
    fix: 'Export with --dtype f32, or tune again at a lower rate.',
  });
}

async function writeBeside(
  dir: string,
  to: string,
  { dtype, tied }: { dtype: MergedDtype | undefined; tied: boolean },
  tensorBytes: number,
  isSharded: boolean,
): Promise<void> {
  const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
  // A head of its own is used by whatever reads it.
  if (config.tie_word_embeddings && !tied) config.tie_word_embeddings = false;
  if (dtype) {
    const field = 'dtype' in config && !('torch_dtype' in config) ? 'dtype' : 'torch_dtype';
    config[field] = TORCH_DTYPES[dtype];
  }
  await writeFileAtomically(join(to, 'config.json'), [`${JSON.stringify(config, null, 2)}\n`]);
  if (isSharded) {
    const index = JSON.parse(await readFile(join(dir, INDEX_FILE), 'utf8'));
    index.metadata = { ...index.metadata, total_size: tensorBytes };
    await writeFileAtomically(join(to, INDEX_FILE), [`${JSON.stringify(index, null, 2)}\n`]);
  }
  for (const name of BESIDE) {
    await copyFile(join(dir, name), join(to, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

function bytesOf(locations: readonly TensorLocation[]): number {
  return locations.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
