// The content hash of a checkpoint: which weights, configuration and tokenizer it really is.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeFileAtomically } from '../atomic-file.ts';
import { openCheckpoint } from '../llama/safetensors.ts';

const HASH = /^[0-9a-f]{64}$/;

/** The files that make a checkpoint what it is, by absolute path; those that are absent are left out. */
export async function checkpointFiles(dir: string): Promise<string[]> {
  const { files } = await openCheckpoint(dir);
  const beside = [
    'config.json',
    'generation_config.json',
    'model.safetensors.index.json',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ].map((name) => join(dir, name));
  const present = await Promise.all(
    beside.map((path) =>
      stat(path)
        .then(() => true)
        .catch(() => false),
    ),
  );
  return [...beside.filter((_, i) => present[i]), ...files];
}

/**
 * SHA-256 over the names and SHA-256s of a checkpoint's files. What was hashed once is remembered by the files' sizes and times.
 * @param cacheDir where to remember it
 */
export async function checkpointContentHash(dir: string, cacheDir: string): Promise<string> {
  const files = await checkpointFiles(dir);
  const stamps = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs, ino } = await stat(file);
      return [await realpath(file), size, mtimeMs, ino];
    }),
  );
  const cached = join(cacheDir, createHash('sha256').update(JSON.stringify(stamps)).digest('hex'));
  const known = await readFile(cached, 'utf8').catch(() => '');
  if (HASH.test(known)) return known;

  const total = createHash('sha256');
  for (const file of [...files].sort()) total.update(`${basename(file)}\n${await sha256File(file)}\n`);
  const hash = total.digest('hex');
  await mkdir(cacheDir, { recursive: true });
  await writeFileAtomically(cached, [hash]);
  return hash;
}

export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
