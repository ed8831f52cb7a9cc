// Reads and writes safetensors files; every header is checked in full before a byte of a tensor is trusted.
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { fileFault } from '../file-faults.ts';
import { foreignContent, SIGNATURE_BYTES } from './file-signature.ts';
import { excerpt, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';
import { noWeights } from './other-weights.ts';
import { WIDEN } from './widen.ts';

export const BYTES_PER_ELEMENT = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof BYTES_PER_ELEMENT;
const DTYPES = Object.keys(BYTES_PER_ELEMENT) as [Dtype, ...Dtype[]];

/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** The largest models have some tens of thousands. */
const MAX_TENSORS = 250_000;
const READ_CHUNK_BYTES = 64 * 1024 * 1024;

/** Where a tensor lies: `byteOffset` counts from the start of the file, so that ONNX external data can point there. */
export interface TensorLocation {
  file: string;
  byteOffset: number;
  byteLength: number;
  dtype: Dtype;
  shape: readonly number[];
}

export interface Checkpoint {
  dir: string;
  tensors: Map<string, TensorLocation>;
  /** Absolute paths of the files that hold them. */
  files: string[];
}

const headerSchema = z.record(z.string(), z.unknown());
const entrySchema = z.object({
  dtype: z.enum(DTYPES),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadataSchema = z.record(z.string(), z.string());
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

export interface SafetensorsFile {
  tensors: Map<string, TensorLocation>;
  metadata: Record<string, string>;
}

/**
 * Reads and checks the header of one file.
 * @throws TallrecError naming the file and the fault: truncated, header too large or no JSON, unknown dtype, a tensor
 * whose bytes do not fit its shape, overlaps, leaves a hole or lies outside the file
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const foreign = foreignContent(await readExactly(file, path, 0, Math.min(size, SIGNATURE_BYTES)));
    if (foreign) {
      throw new TallrecError('MODEL_UNSUPPORTED', `${excerptOfPath(path)} ${foreign}.`, {
        fix: 'Or fetch the model anew: tallrec models pull NAME.',
      });
    }
    if (size < 8) throw damaged(path, `it has ${size} bytes, too few for a header length`);
    const lengthBytes = await readExactly(file, path, 0, 8);
    const headerBytes = lengthBytes.readBigUInt64LE(0);
    if (headerBytes > BigInt(MAX_HEADER_BYTES)) {
      throw damaged(path, `its header claims ${headerBytes} bytes, more than ${MAX_HEADER_BYTES}`);
    }
    const headerLength = Number(headerBytes);
    if (8 + headerLength > size) throw damaged(path, `it ends inside its header (${size} bytes)`);
    const text = (await readExactly(file, path, 8, headerLength)).toString('utf8');
    const { tensors, metadata } = parseHeader(path, text, 8 + headerLength, size);
    // Caches of the Hugging Face hub hold links; external data may not lead out of its folder by one.
    const target = await realpath(path);
    return { tensors: new Map([...tensors].map(([name, place]) => [name, { ...place, file: target }])), metadata };
  } finally {
    await file.close();
  }
}

function parseHeader(path: string, text: string, dataStart: number, fileSize: number): SafetensorsFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, 'its header is not JSON');
  }
  const count = typeof json === 'object' && json !== null ? Object.keys(json).length : 0;
  if (count > MAX_TENSORS) throw damaged(path, `its header names ${count} tensors, more than ${MAX_TENSORS}`);
  const header = headerSchema.safeParse(json);
  if (!header.success) throw damaged(path, 'its header is not a JSON object');
  const { __metadata__: rawMetadata = {}, ...entries } = header.data;
  const metadata = metadataSchema.safeParse(rawMetadata);
  if (!metadata.success) throw damaged(path, '__metadata__ must map strings to strings');

  const tensors = new Map<string, TensorLocation>();
  for (const [name, value] of Object.entries(entries)) {
    const shown = excerpt(name);
    const entry = entrySchema.safeParse(value);
    if (!entry.success) {
      const issue = entry.error.issues[0]!;
      throw damaged(path, `tensor ${shown}: ${issue.path.join('.')}: ${issue.message}`);
    }
    const { dtype, shape, data_offsets } = entry.data;
    const [begin, end] = data_offsets;
    const expected = shape.reduce((product, n) => product * n, 1) * BYTES_PER_ELEMENT[dtype];
    if (end - begin !== expected) {
      const sizes = excerpt(shape.join());
      throw damaged(path, `tensor ${shown} of ${dtype} [${sizes}] needs ${expected} bytes and has ${end - begin}`);
    }
    if (dataStart + end > fileSize) {
      throw damaged(path, `tensor ${shown} ends at byte ${dataStart + end} of ${fileSize}; the file is cut short`);
    }
    tensors.set(name, { file: path, byteOffset: dataStart + begin, byteLength: end - begin, dtype, shape });
  }
  checkLayout(path, tensors, dataStart, fileSize);
  return { tensors, metadata: metadata.data };
}

/** Tensors must lie one after the other without holes, as the format demands: nothing can hide in a file. */
function checkLayout(path: string, tensors: Map<string, TensorLocation>, dataStart: number, fileSize: number): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  let position = dataStart;
  let previous = 'the header';
  for (const [name, { byteOffset, byteLength }] of ordered) {
    const shown = excerpt(name);
    if (byteOffset < position) throw damaged(path, `tensor ${shown} overlaps ${previous}`);
    if (byteOffset > position)
      throw damaged(path, `${byteOffset - position} bytes between ${previous} and ${shown} belong to nothing`);
    position = byteOffset + byteLength;
    previous = shown;
  }
  if (position !== fileSize)
    throw damaged(path, `${fileSize - position} bytes after its last tensor belong to nothing`);
}

/**
 * Finds every tensor of a checkpoint directory: `model.safetensors`, or shards by `model.safetensors.index.json`.
 * @throws TallrecError when a file is missing or damaged, or the index and the shards disagree
 */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const single = join(dir, 'model.safetensors');
  if (await exists(single)) {
    const { tensors } = await readSafetensorsHeader(single);
    return { dir, tensors, files: [single] };
  }
  const indexPath = join(dir, 'model.safetensors.index.json');
  if (!(await exists(indexPath))) throw await noWeights(dir);
  const weightMap = await readIndex(indexPath);
  const shards = [...new Set(Object.values(weightMap))].sort();
  const stray = shards.find((shard) => shard !== basename(shard) || shard === '..' || shard === '.');
  if (stray !== undefined) throw damaged(indexPath, `the shard name "${excerpt(stray)}" leaves the directory`);
  const present = await Promise.all(shards.map((shard) => exists(join(dir, shard))));
  const missing = shards.filter((_, i) => !present[i]);
  if (missing.length > 0) {
    const names = missing.slice(0, 3).map(excerpt).join(', ');
    throw new TallrecError(
      'MODEL_UNSUPPORTED',
      `${dir} lacks ${missing.length} of its ${shards.length} weight files: ${names}${missing.length > 3 ? ' and others' : ''}.`,
      { fix: 'Download what is missing, or fetch the model by: tallrec models pull NAME.' },
    );
  }
  const tensors = new Map<string, TensorLocation>();
  const files: string[] = [];
  for (const shard of shards) {
    const path = join(dir, shard);
    files.push(path);
    // What the index does not name is there all the same, as transformers takes it.
    for (const [name, location] of (await readSafetensorsHeader(path)).tensors) {
      if (tensors.has(name)) throw damaged(path, `tensor ${excerpt(name)} is in another shard too`);
      tensors.set(name, location);
    }
  }
  for (const [name, shard] of Object.entries(weightMap)) {
    if (tensors.has(name)) continue;
    throw damaged(join(dir, shard), `the index promises the tensor ${excerpt(name)}, which it lacks`);
  }
  return { dir, tensors, files };
}

async function readIndex(path: string): Promise<Record<string, string>> {
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.index);
  if ('fault' in file) throw damaged(path, `it ${file.fault}`, file.cause);
  const parsed = indexSchema.safeParse(file.json);
  if (!parsed.success) throw damaged(path, 'it has no weight_map from tensor names to files');
  return parsed.data.weight_map;
}

/**
 * One tensor as float32, row-major, whatever of F32, F16 and BF16 it is stored in.
 * @throws TallrecError for other dtypes and for files that changed since the header was read
 */
export async function readTensor(location: TensorLocation): Promise<Float32Array> {
  const { file: path, byteOffset, byteLength, dtype } = location;
  const widen = WIDEN[dtype];
  if (!widen) {
    throw new TallrecError(
      'MODEL_UNSUPPORTED',
      `${path} holds a tensor of ${dtype}, which is no floating-point weight this engine reads.`,
      {
        fix: 'Use a checkpoint in f32, f16 or bf16.',
      },
    );
  }
  const elementBytes = BYTES_PER_ELEMENT[dtype];
  const values = new Float32Array(byteLength / elementBytes);
  const file = await openFile(path);
  try {
    for (let done = 0; done < byteLength; ) {
      const bytes = Math.min(READ_CHUNK_BYTES, byteLength - done);
      widen(await readExactly(file, path, byteOffset + done, bytes), values, done / elementBytes);
      done += bytes;
    }
  } finally {
    await file.close();
  }
  return values;
}

export interface NamedTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** Writes float32 tensors, sorted by name, so that the file appears whole or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Record<string, string> = {},
): Promise<void> {
  await writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/** The file's bytes in order: length, header, then each tensor. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const ordered = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { shape, data }] of ordered) {
    const elements = elementCount(shape);
    if (elements !== data.length) throw new RangeError(`${name}: ${data.length} values do not fill [${shape}]`);
  }
  const entries = ordered.map(([name, { shape }]) => [name, { dtype: 'F32', shape }] as const);
  const bytes = ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return [...encodeHeader(entries, metadata), ...bytes];
}

export type TensorEntry = Pick<TensorLocation, 'dtype' | 'shape'>;

/** What a file begins with whose tensors follow in this order, without gaps. */
export function encodeHeader(
  entries: readonly (readonly [name: string, entry: TensorEntry])[],
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { dtype, shape }] of entries) {
    const end = offset + elementCount(shape) * BYTES_PER_ELEMENT[dtype];
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const bytes = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return [length, bytes];
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // A pipe would never open.
    if (!(await stat(path)).isFile()) throw new TypeError('no file');
    return await open(path, 'r');
  } catch (cause) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${excerptOfPath(path)} cannot be opened.`, {
      fix: 'Check that the file is there and readable; if a shard is missing, download the checkpoint again.',
      cause,
    });
  }
}

async function readExactly(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done).catch((cause) => {
      throw damaged(path, `at byte ${position + done} ${fileFault(cause)?.words ?? cause}`, cause);
    });
    if (bytesRead === 0) throw damaged(path, `it ends at byte ${position + done}`);
    done += bytesRead;
  }
  return buffer;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

function damaged(path: string, what: string, cause?: unknown): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `${excerptOfPath(path)} is damaged: ${what}.`, {
    fix: 'Download or write the file again.',
    cause,
  });
}

/** A shard's name comes from the index, its folder from the user. */
function excerptOfPath(path: string): string {
  return join(dirname(path), excerpt(basename(path)));
}
