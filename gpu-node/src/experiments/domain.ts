// A domain of an experiment: a folder with train, valid and test samples. The test rows are read only when a fit is over.
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { PAPER_DOMAINS, type PaperDomain } from '@tallrec/shared/paper-figures';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { OnWarning } from '../data/read-file.ts';
import { countRows, readLabelledSamples } from '../data/read-rows.ts';
import { withInferredUsers } from '../evaluate/infer-users.ts';
import { sha256File } from '../models/content-hash.ts';

/** With users, ids and times, where both forms are there. */
const FORMS = ['jsonl', 'json'];

/** Where training samples come from when a domain has no train file, as the published book data: see `splitValidation`. */
export const TRAIN_RULES = ['train file', 'first half of the validation file'] as const;

export interface DataFile {
  path: string;
  sha256: string;
}

export interface Domain {
  name: string;
  /** Whose figures stand beside ours. */
  paper: PaperDomain | undefined;
  /** What shots are drawn from. */
  train: readonly LabelledSample[];
  valid: readonly LabelledSample[];
  trainRule: (typeof TRAIN_RULES)[number];
  files: { train: DataFile | undefined; valid: DataFile; test: DataFile };
  /** How many rows the test file has; what they hold is not looked at before a fit is over. */
  testRows: number;
  readTest: () => Promise<LabelledSample[]>;
}

/**
 * @param nameOrDir `movie` or `book` in the folder `dataDir`, or any folder
 * @throws TallrecError naming what is missing or cannot be read
 */
export async function openDomain(nameOrDir: string, dataDir?: string, onWarning?: OnWarning): Promise<Domain> {
  const paper = PAPER_DOMAINS.find((domain) => domain === nameOrDir);
  const dir = paper && dataDir ? join(dataDir, paper) : resolve(nameOrDir);
  const [train, valid, test] = await Promise.all(['train', 'valid', 'test'].map((part) => findFile(dir, part)));
  if (!valid || !test) {
    throw new TallrecError('NOT_FOUND', `${dir} has no ${valid ? 'test' : 'valid'}.json or .jsonl.`, {
      fix: 'Name a folder with train, valid and test samples ("tallrec samples" makes one), or for movie and book the folder that holds both by --data.',
    });
  }
  const rows = await readWithUsers(valid.path, onWarning);
  const split = train ? { train: await readWithUsers(train.path, onWarning), valid: rows } : splitValidation(rows);
  return {
    name: basename(dir),
    paper,
    ...split,
    trainRule: TRAIN_RULES[train ? 0 : 1],
    files: { train, valid, test },
    testRows: await countRows(test.path),
    readTest: () => readWithUsers(test.path),
  };
}

/** The file's first half, up to where a user ends, is trained on and the rest validates: no row and no user is in both. */
export function splitValidation<T extends { user?: string | undefined }>(
  rows: readonly T[],
): { train: T[]; valid: T[] } {
  let border = Math.floor(rows.length / 2);
  const sameUser = () => rows[border]?.user !== undefined && rows[border]?.user === rows[border - 1]?.user;
  while (border > 0 && border < rows.length && sameUser()) border++;
  return { train: rows.slice(0, border), valid: rows.slice(border) };
}

/** Published files name no users; where all of a file's rows are without one they are found by their overlapping histories. */
async function readWithUsers(path: string, onWarning?: OnWarning): Promise<LabelledSample[]> {
  return withInferredUsers(await readLabelledSamples(path, { onWarning }));
}

async function findFile(dir: string, part: string): Promise<DataFile | undefined> {
  for (const form of FORMS) {
    const path = join(dir, `${part}.${form}`);
    const isFile = await stat(path).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (isFile) return { path, sha256: await sha256File(path) };
  }
  return undefined;
}
