// Sentence embeddings of titles by Transformers.js from a folder, without a network, kept by content hash.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { writeFileAtomically } from '../atomic-file.ts';
import { throwIfCancelled } from '../methods/cancelled.ts';
import { sha256File } from '../models/content-hash.ts';

export interface SentenceEncoder {
  /** Says which model it is. */
  contentHash(): Promise<string>;
  /** @returns one unit vector a text, in their order */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

/** What an encoder is made of, as Transformers.js lays it out. */
const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'] as const;
const HASH_BYTES = 32;

/**
 * @param dir such as all-MiniLM-L6-v2 with onnx/model.onnx
 * @param cacheDir where embeddings are kept; two processes may use it at once
 */
export function sentenceEncoder(dir: string, cacheDir: string): SentenceEncoder {
  let hash: Promise<string> | undefined;
  let known: Promise<Map<string, Float32Array>> | undefined;
  const contentHash = () => (hash ??= encoderHash(dir));
  const cached = async () => (known ??= readCache(join(cacheDir, await contentHash())));
  return {
    contentHash,
    embed: async (texts, signal) => {
      const cache = await cached();
      const keys = texts.map(sha256);
      const missing = new Map(keys.map((key, i) => [key, texts[i]!] as const).filter(([key]) => !cache.has(key)));
      if (missing.size > 0) {
        const vectors = await compute(dir, [...missing.values()], signal);
        const fresh = [...missing.keys()].map((key, i) => [key, vectors[i]!] as const);
        await writeCache(join(cacheDir, await contentHash()), fresh);
        for (const [key, vector] of fresh) cache.set(key, vector);
      }
      return keys.map((key) => cache.get(key)!);
    },
  };
}

async function encoderHash(dir: string): Promise<string> {
  const total = createHash('sha256');
  for (const file of FILES) {
    const path = join(dir, file);
    if (!(await stat(path).catch(() => undefined))?.isFile()) {
      throw new TallrecError('MODEL_UNSUPPORTED', `The sentence encoder ${dir} has no ${file}.`, {
        fix: 'Give the folder of a model for Transformers.js, such as Xenova/all-MiniLM-L6-v2 of the Hugging Face hub.',
      });
    }
    total.update(`${file}\n${await sha256File(path)}\n`);
  }
  return total.digest('hex');
}

/** One text at a time: a vector that came of a batch would depend, in its last digits, on its neighbours. */
async function compute(
  dir: string,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const { env, pipeline } = await import('@huggingface/transformers');
  const full = resolve(dir);
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: `${dirname(full)}/` });
  const extract = await pipeline('feature-extraction', basename(full), { dtype: 'fp32', device: 'cpu' }).catch(
    (cause) => {
      throw new TallrecError('MODEL_UNSUPPORTED', `The sentence encoder ${dir} cannot be loaded.`, {
        fix: 'Check that its files are whole.',
        cause,
      });
    },
  );
  try {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      throwIfCancelled(signal);
      const { data } = await extract(text, { pooling: 'mean', normalize: true });
      vectors.push(Float32Array.from(data as Float32Array));
    }
    return vectors;
  } finally {
    await extract.dispose();
  }
}

/** Files of records, each the SHA-256 of a text and its vector; a file is written once, under the hash of what it holds. */
async function writeCache(dir: string, entries: readonly (readonly [string, Float32Array])[]): Promise<void> {
  const bytes = Buffer.concat(
    entries.flatMap(([key, { buffer, byteOffset, byteLength }]) => [
      Buffer.from(key, 'hex'),
      Buffer.from(buffer, byteOffset, byteLength),
    ]),
  );
  await mkdir(dir, { recursive: true });
  await writeFileAtomically(join(dir, `${sha256(bytes)}-${entries[0]![1].length}.f32`), [bytes]);
}

const CACHE_FILE = /^([0-9a-f]{64})-(\d+)\.f32$/;

/** A file that is not what its name says is passed over. */
async function readCache(dir: string): Promise<Map<string, Float32Array>> {
  const known = new Map<string, Float32Array>();
  for (const name of await readdir(dir).catch(() => [])) {
    const [, hash, dimensions] = CACHE_FILE.exec(name) ?? [];
    if (!hash) continue;
    const bytes = await readFile(join(dir, name));
    if (sha256(bytes) !== hash) continue;
    const recordBytes = HASH_BYTES + 4 * Number(dimensions);
    for (let at = 0; at < bytes.length; at += recordBytes) {
      const vector = new Uint8Array(bytes.subarray(at + HASH_BYTES, at + recordBytes));
      known.set(bytes.toString('hex', at, at + HASH_BYTES), new Float32Array(vector.buffer));
    }
  }
  return known;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
