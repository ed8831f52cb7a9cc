// Models by name: checkpoints under the home directory, each with a record of what it is and where it came from.
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { sha256Schema } from '@tallrec/shared/ids';
import { type ModelInfo, modelInfoSchema } from '@tallrec/shared/wire/nodes';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { readCheckpoint } from '../llama/checkpoint.ts';
import { readLlamaConfig } from '../llama/config.ts';
import { openCheckpoint } from '../llama/safetensors.ts';
import { loadTokenizer, tokenizerWarnings } from '../llama/tokenizer.ts';
import { checkpointContentHash, checkpointFiles } from './content-hash.ts';
import { TRAINING_FILE } from './own-training.ts';

const RECORD_FILE = 'tallrec.json';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/;

const recordSchema = z.object({
  name: z.string().regex(NAME),
  contentHash: sha256Schema,
  /** A directory, or `hub:` and the repository with its commit. */
  source: z.string(),
  addedAt: z.string(),
});

export interface StoredModel extends ModelInfo {
  dir: string;
  source: string;
}

/** A checkpoint that a command can load. */
export interface ModelPlace {
  name: string;
  dir: string;
  contentHash: string;
}

export interface StorePaths {
  home: string;
  modelsDir: string;
}

export function assertModelName(name: string): void {
  if (NAME.test(name) && !name.includes('--')) return;
  throw new TallrecError('BAD_REQUEST', `"${name}" is no name for a model.`, {
    fix: 'Use letters, digits, dots, dashes and at most one slash, as in HuggingFaceTB/SmolLM2-135M-Instruct.',
  });
}

export function modelDir({ modelsDir }: StorePaths, name: string): string {
  return join(modelsDir, name.replace('/', '--'));
}

/**
 * A checkpoint by directory, or by its name in the store.
 * @throws TallrecError when it is neither, saying which names there are
 */
export async function resolveModel(nameOrDir: string, paths: StorePaths): Promise<ModelPlace> {
  const stored = NAME.test(nameOrDir) ? await readRecord(modelDir(paths, nameOrDir)) : undefined;
  const dir = stored ? modelDir(paths, nameOrDir) : resolve(nameOrDir);
  if (!stored && !(await isDirectory(dir))) {
    const names = (await listModels(paths)).map(({ name }) => name);
    throw new TallrecError(
      'NOT_FOUND',
      `There is no model "${nameOrDir}": neither a directory nor a name in the store.`,
      {
        fix: names.length
          ? `Known names: ${names.join(', ')}. Get another by "tallrec models pull NAME" or "tallrec models import DIR".`
          : 'Get one by "tallrec models pull HuggingFaceTB/SmolLM2-135M-Instruct" or "tallrec models import DIR".',
      },
    );
  }
  const contentHash = await checkpointContentHash(dir, join(paths.home, 'hashes'));
  if (stored && stored.contentHash !== contentHash) {
    throw new TallrecError(
      'MODEL_UNSUPPORTED',
      `The files of the model ${nameOrDir} have changed since it was added.`,
      {
        fix: `Add it again: "tallrec models import" or "tallrec models pull" (it came from ${stored.source}).`,
      },
    );
  }
  return { name: stored?.name ?? basename(dir), dir, contentHash };
}

export async function listModels(paths: StorePaths): Promise<StoredModel[]> {
  const models: StoredModel[] = [];
  for (const entry of (await readdir(paths.modelsDir).catch(() => [])).sort()) {
    const dir = join(paths.modelsDir, entry);
    const record = entry.startsWith('.') ? undefined : await readRecord(dir);
    if (!record) continue;
    models.push({ ...(await describeModel({ ...record, dir })), dir, source: record.source });
  }
  return models;
}

/** What a checkpoint is, from its headers alone. */
export async function describeModel({ name, dir, contentHash }: ModelPlace): Promise<ModelInfo> {
  const [config, { tensors }] = [await readLlamaConfig(dir), await openCheckpoint(dir)];
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return modelInfoSchema.parse({
    name,
    contentHash,
    parameters,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    vocabSize: config.vocabSize,
    contextTokens: config.maxPositionEmbeddings,
  });
}

/**
 * Reads everything of a checkpoint but the weights' values.
 * @returns warnings: what should be known of it, in sentences
 * @throws TallrecError naming what this engine cannot use
 */
export async function checkCheckpoint(dir: string): Promise<string[]> {
  const { config, warnings } = await readCheckpoint(dir);
  const tokenizer = await loadTokenizer(dir);
  const largest = Math.max(tokenizer.largestId, tokenizer.eosTokenId ?? 0);
  if (largest >= config.vocabSize) {
    throw new TallrecError(
      'MODEL_UNSUPPORTED',
      `${dir}: tokenizer.json has tokens up to ${largest}, the model of config.json takes ${config.vocabSize} (vocab_size).`,
      { fix: 'Check that tokenizer.json belongs to these weights.' },
    );
  }
  return [...warnings, ...(await tokenizerWarnings(dir, config.modelType))];
}

export interface ImportOptions {
  name?: string | undefined;
  /** Copy the files; else they are linked, and the directory must stay. */
  copy?: boolean | undefined;
  addedAt: Date;
  onWarning?: ((warning: string) => void) | undefined;
}

/** Checks a checkpoint and adds it to the store under a name, in place of one of that name. */
export async function importModel(
  from: string,
  paths: StorePaths,
  { name = basename(resolve(from)), copy, addedAt, onWarning }: ImportOptions,
): Promise<StoredModel> {
  assertModelName(name);
  const source = resolve(from);
  if (!(await isDirectory(source))) {
    throw new TallrecError('NOT_FOUND', `${source} is no directory.`, {
      fix: 'Name a Hugging Face checkpoint directory.',
    });
  }
  for (const warning of await checkCheckpoint(source)) onWarning?.(warning);
  const dir = modelDir(paths, name);
  const aside = join(paths.modelsDir, `.${basename(dir)}.${process.pid}.tmp`);
  await mkdir(aside, { recursive: true });
  try {
    const training = join(source, TRAINING_FILE);
    const isTold = await stat(training).then(
      () => true,
      () => false,
    );
    for (const file of [...(await checkpointFiles(source)), ...(isTold ? [training] : [])]) {
      const place = join(aside, basename(file));
      if (copy) await cp(file, place, { dereference: true });
      else await symlink(file, place);
    }
    await rm(dir, { recursive: true, force: true });
    await rename(aside, dir);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return recordModel(name, source, paths, addedAt);
}

/** Makes a directory that already lies in the store known under its name. */
export async function recordModel(
  name: string,
  source: string,
  paths: StorePaths,
  addedAt: Date,
): Promise<StoredModel> {
  const dir = modelDir(paths, name);
  const contentHash = await checkpointContentHash(dir, join(paths.home, 'hashes'));
  const record: z.infer<typeof recordSchema> = { name, contentHash, source, addedAt: addedAt.toISOString() };
  await writeFileAtomically(join(dir, RECORD_FILE), [`${JSON.stringify(record, null, 2)}\n`]);
  return { ...(await describeModel({ name, dir, contentHash })), dir, source };
}

async function readRecord(dir: string): Promise<z.infer<typeof recordSchema> | undefined> {
  const text = await readFile(join(dir, RECORD_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${join(dir, RECORD_FILE)} is damaged.`, {
      fix: 'Add the model again.',
      cause,
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
