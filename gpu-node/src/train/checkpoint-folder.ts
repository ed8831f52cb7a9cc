// Checkpoints on disk, of tunings and of evaluations: numbered folders, written aside, synced, renamed, and trusted only with
// their DONE marker. Among a checkpoint's files `state.json` tells its step and what it was made of.
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { syncDirectory, writeFileAtomically, writeFileSynced } from '../atomic-file.ts';
import { fileFault } from '../file-faults.ts';
import { type JsonFile, readJsonFile } from '../llama/json-file.ts';

const DONE = 'DONE';
const NAME = /^\d{8}$/;
const FILE_NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
export const STATE_FILE = 'state.json';
/** Thousands of times what a long run tells. */
const MAX_STATE_BYTES = 2 ** 28;
const stepSchema = z.object({ step: z.int().nonnegative() });

/** Names and hashes of what a run depends on: settings, model, data. A run with another one must not go on from here. */
export type RunIdentity = Record<string, string>;

export interface LocalCheckpoint {
  step: number;
  /** Its files stay as they are until the next checkpoint is written. */
  dir: string;
}

/**
 * Writes the next checkpoint into `dir` and drops the ones before it.
 * @param write puts the files into the folder that it is given
 * @param what names the checkpoint in a message: "The checkpoint of step 7"
 * @returns the checkpoint's folder
 * @throws TallrecError when the file system refuses; the checkpoint before is then still there
 */
export async function writeCheckpointFolder(
  dir: string,
  write: (folder: string) => Promise<void>,
  what: string,
): Promise<string> {
  try {
    await mkdir(dir, { recursive: true });
    const before = await checkpointNames(dir);
    const number = 1 + Math.max(0, ...before.map((name) => Number.parseInt(name, 10)));
    const path = join(dir, String(number).padStart(8, '0'));
    const aside = `${path}.tmp`;
    try {
      await rm(aside, { recursive: true, force: true });
      await mkdir(aside);
      await write(aside);
      await syncDirectory(aside);
      await rename(aside, path);
      await syncDirectory(dir);
      await writeFileAtomically(join(path, DONE), []);
    } catch (error) {
      for (const left of [aside, path]) await rm(left, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
    for (const name of before) await rm(join(dir, name), { recursive: true, force: true });
    return path;
  } catch (cause) {
    const fault = fileFault(cause);
    if (!fault) throw cause;
    const fix = `${fault.fix} Resumed, the work goes on from the last whole checkpoint.`;
    throw new TallrecError('ENGINE_FAILED', `${what} could not be written to ${dir}: ${fault.words}.`, { fix, cause });
  }
}

export async function writeState(folder: string, state: { step: number; identity: RunIdentity }): Promise<void> {
  await writeFileSynced(join(folder, STATE_FILE), [JSON.stringify(state)]);
}

export function readState(folder: string): Promise<JsonFile> {
  return readJsonFile(join(folder, STATE_FILE), MAX_STATE_BYTES);
}

/** @returns the names of what differs between the identity of a run and that of a checkpoint */
export function changedSince(kept: RunIdentity, run: RunIdentity): string[] {
  return Object.keys(run).filter((key) => run[key] !== kept[key]);
}

/** @returns the newest whole checkpoint in `dir`; undefined where there is none, or its state cannot be read */
export async function localCheckpoint(dir: string): Promise<LocalCheckpoint | undefined> {
  const path = await newestCheckpoint(dir);
  if (!path) return undefined;
  const step = await stepOf(path);
  return step === undefined ? undefined : { step, dir: path };
}

async function stepOf(folder: string): Promise<number | undefined> {
  const read = await readState(folder);
  return 'fault' in read ? undefined : stepSchema.safeParse(read.json).data?.step;
}

/** @returns the names of a checkpoint's files, without the marker that this machine sets */
export async function checkpointFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== DONE).sort();
}

/**
 * Puts the files of a checkpoint from elsewhere in place as the newest one of `dir`; `from` is moved where that is possible.
 * @throws TallrecError when the names are not those of files, or it is no checkpoint of this step; what was there is then still there
 */
export async function installCheckpoint(
  dir: string,
  step: number,
  files: readonly { file: string; from: string }[],
): Promise<void> {
  const refused = (what: string) => new TallrecError('VALIDATION_FAILED', `The checkpoint of step ${step} ${what}.`);
  const names = new Set(files.map(({ file }) => file));
  const wrong = files.find(({ file }) => !FILE_NAME.test(file));
  if (wrong) throw refused(`has a file of the name ${JSON.stringify(wrong.file.slice(0, 100))}`);
  if (names.size < files.length) throw refused('has two files of one name');
  if (!names.has(STATE_FILE)) throw refused(`has no ${STATE_FILE}`);
  const write = async (folder: string) => {
    for (const { file, from } of files) await moveSynced(from, join(folder, file));
    if ((await stepOf(folder)) !== step) throw refused(`has a ${STATE_FILE} that does not tell this step`);
  };
  await writeCheckpointFolder(dir, write, `The checkpoint of step ${step}`);
}

/** @returns the folder of the newest whole checkpoint in `dir` */
export async function newestCheckpoint(dir: string): Promise<string | undefined> {
  for (const name of (await checkpointNames(dir)).sort().reverse()) {
    const path = join(dir, name);
    if (await stat(join(path, DONE)).catch(() => undefined)) return path;
  }
  return undefined;
}

async function checkpointNames(dir: string): Promise<string[]> {
  return (await readdir(dir).catch(() => [])).filter((name) => NAME.test(name));
}

async function moveSynced(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EXDEV') return copyFile(from, to);
    throw error;
  });
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
