// Fetches a checkpoint from the Hugging Face hub by its client: goes on with what is there, and checks every file it gets.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { TallrecError } from '@tallrec/shared/errors';
import pRetry from 'p-retry';
import { z } from 'zod';
import { excerpt } from '../llama/json-file.ts';
import { convertByTransformers } from '../llama/other-weights.ts';
import { assertModelName, checkCheckpoint, modelDir, recordModel, type StoredModel, type StorePaths } from './store.ts';

export interface PullOptions {
  hubUrl: string;
  accessToken?: string | undefined;
  revision?: string | undefined;
  fetch?: typeof fetch;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: PullProgress) => void;
  onWarning?: ((warning: string) => void) | undefined;
  addedAt: Date;
}

export interface PullProgress {
  file: string;
  /** Of all files together. */
  doneBytes: number;
  totalBytes: number;
}

interface RemoteFile {
  path: string;
  size: number;
  /** SHA-256 of a large file; small ones are named by their git hash. */
  sha256: string | undefined;
  gitHash: string | undefined;
}

const WANTED =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|model\.safetensors\.index)\.json$|^[\w.-]+\.safetensors$/;

/**
 * @param name the hub's repository, e.g. HuggingFaceTB/SmolLM2-135M-Instruct; also its name in the store
 * @throws TallrecError when the hub cannot be reached or refuses, a file does not arrive whole, or the model cannot be used
 */
export async function pullModel(name: string, paths: StorePaths, options: PullOptions): Promise<StoredModel> {
  assertModelName(name);
  const access = {
    hubUrl: options.hubUrl,
    ...(options.accessToken ? { accessToken: options.accessToken } : {}),
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  const { commit, files } = await listRemote(name, options.revision, access);
  const dir = modelDir(paths, name);
  const aside = join(paths.modelsDir, `.${basename(dir)}.${commit}.part`);
  await mkdir(aside, { recursive: true });
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let finishedBytes = 0;
  for (const file of files) {
    const report = (bytes: number) =>
      options.onProgress?.({ file: file.path, doneBytes: finishedBytes + bytes, totalBytes });
    const request = async () => {
      const blob = await downloadFile({ ...access, repo: name, path: file.path, revision: commit });
      return blob ?? Promise.reject(hubFault(name, `${file.path} is not there`));
    };
    await fetchFile(join(aside, file.path), file, options.signal, report, request).catch((cause) => {
      throw cause instanceof TallrecError ? cause : hubFault(name, messageOf(cause), cause);
    });
    finishedBytes += file.size;
  }
  for (const warning of await checkCheckpoint(aside)) options.onWarning?.(warning);
  await rm(dir, { recursive: true, force: true });
  await rename(aside, dir);
  return recordModel(name, `hub:${name}@${commit}`, paths, options.addedAt);
}

async function listRemote(
  name: string,
  revision: string | undefined,
  access: { hubUrl: string; accessToken?: string; fetch?: typeof fetch },
): Promise<{ commit: string; files: RemoteFile[] }> {
  try {
    const info = await modelInfo({ ...access, name, additionalFields: ['sha'], revision: revision ?? 'main' });
    const commit = z.string().parse(info.sha);
    const files: RemoteFile[] = [];
    let pickled: string | undefined;
    for await (const entry of listFiles({ ...access, repo: name, revision: commit })) {
      if (entry.type !== 'file') continue;
      if (/^pytorch_model.*\.bin$/.test(entry.path)) pickled = entry.path;
      if (!WANTED.test(entry.path)) continue;
      files.push({ path: entry.path, size: entry.size, sha256: entry.lfs?.oid, gitHash: entry.oid });
    }
    if (pickled && !files.some(({ path }) => path.endsWith('.safetensors'))) {
      throw new TallrecError(
        'MODEL_UNSUPPORTED',
        `The model ${name} is published as PyTorch weights (${excerpt(pickled)}) alone, which are not read: such a file may run any code.`,
        { fix: convertByTransformers(name) },
      );
    }
    return { commit, files: withoutDuplicateWeights(files) };
  } catch (cause) {
    if (cause instanceof TallrecError) throw cause;
    throw hubFault(name, messageOf(cause), cause);
  }
}

/** Some repositories hold the weights whole and in shards, or other weights beside; one form is enough. */
function withoutDuplicateWeights(files: RemoteFile[]): RemoteFile[] {
  const whole = files.some(({ path }) => path === 'model.safetensors');
  const isWanted = (path: string) => {
    if (path === 'model.safetensors.index.json') return !whole;
    if (!path.endsWith('.safetensors')) return true;
    return whole ? path === 'model.safetensors' : /^model-\d+-of-\d+\.safetensors$/.test(path);
  };
  return files.filter(({ path }) => isWanted(path));
}

async function fetchFile(
  path: string,
  file: RemoteFile,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
  request: () => Promise<Blob>,
): Promise<void> {
  if ((await sizeOf(path)) === file.size) return report(file.size);
  const part = `${path}.incomplete`;
  if (((await sizeOf(part)) ?? 0) > file.size) await rm(part);
  // A connection that breaks is taken up again where it broke; what the hub refuses is not asked for twice.
  await pRetry(() => fetchRest(part, file.size, signal, report, request), {
    retries: 5,
    shouldRetry: ({ error }) =>
      !(error instanceof TallrecError) && !(error instanceof HubApiError && error.statusCode < 500),
  });
  const expected = file.sha256 ?? file.gitHash;
  if (expected !== undefined && (await digest(part, file)) !== expected) {
    await rm(part, { force: true });
    throw new TallrecError('CHECKSUM_MISMATCH', `${file.path} did not arrive whole.`, {
      fix: 'Run the command again.',
    });
  }
  await rename(part, path);
}

async function fetchRest(
  part: string,
  size: number,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
  request: () => Promise<Blob>,
): Promise<void> {
  let have = (await sizeOf(part)) ?? 0;
  report(have);
  const out = await open(part, 'a');
  try {
    if (have === size) return;
    for await (const chunk of (await request()).slice(have).stream()) {
      if (signal?.aborted) {
        throw new TallrecError('CANCELLED', 'The download was stopped.', { fix: 'The same command goes on with it.' });
      }
      await out.write(chunk);
      have += chunk.byteLength;
      report(have);
    }
    await out.sync();
  } finally {
    await out.close();
  }
  if (have !== size) throw new Error(`the connection closed after ${have} of ${size} bytes`);
}

async function digest(path: string, { sha256, size }: RemoteFile): Promise<string> {
  const hash = sha256 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (entry) => entry.size,
    () => undefined,
  );
}

function hubFault(name: string, what: string, cause?: unknown): TallrecError {
  return new TallrecError('NOT_FOUND', `The model ${name} cannot be fetched: ${what}.`, {
    fix: 'Check the name and the network; a gated model needs HF_TOKEN of an account with access to it.',
    cause,
  });
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}
