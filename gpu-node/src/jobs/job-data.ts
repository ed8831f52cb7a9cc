// A job's rows, from the files that were fetched for it to samples for training and judging.

import { TallrecError } from '@tallrec/shared/errors';
import { buildSamples, paperSplit } from '@tallrec/shared/interactions';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { heldOutCount } from '@tallrec/shared/tuning-samples';
import { readInteractions } from '../data/read-interactions.ts';
import { readFactsDocument } from '../data/read-item-facts.ts';
import { readInstructions, readLabelledSamples } from '../data/read-rows.ts';
import { sha256File } from '../models/content-hash.ts';
import type { TuningData } from '../train/tune.ts';
import type { DataPlace } from './engine-calls.ts';

/**
 * Interactions become samples and are split as in the paper, in the data set's proportions; samples are taken whole.
 * @throws TallrecError when there are none, or the rows are of another kind
 */
export async function labelledSamples({ kind, file, sampling, split }: DataPlace): Promise<LabelledSample[]> {
  if (kind === 'instructions') throw wrongKind('samples or interactions', kind);
  if (kind === 'samples') return readLabelledSamples(file);
  const samples = buildSamples(await readInteractions(file, { judged: true }), sampling);
  if (samples.length === 0) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `No user of the dataset has more than ${sampling.historyLength} ratings, so it gives no sample.`,
      { fix: 'Use more ratings a user, or a shorter historyLength.' },
    );
  }
  return split === 'all' ? samples : paperSplit(samples, sampling)[split];
}

/** Names the rows of a place, wherever its file lies. */
export async function dataIdentity(place: DataPlace | null): Promise<string> {
  if (!place) return 'none';
  const { kind, sampling, split, file } = place;
  return JSON.stringify([kind, sampling, split, await sha256File(file)]);
}

export interface RecData {
  train: LabelledSample[];
  valid: LabelledSample[];
}

/**
 * Validation data is what was named; else the paper's split of interactions; else a tenth, drawn by the seed.
 * @param read how a file becomes samples
 */
export async function recData(
  { train, valid, seed }: { train: DataPlace; valid: DataPlace | null; seed: number },
  read: (place: DataPlace) => Promise<LabelledSample[]> = labelledSamples,
): Promise<RecData> {
  if (valid) return { train: await read(train), valid: await read(valid) };
  if (train.kind !== 'interactions') return holdOut(await read(train), seed);
  const split = paperSplit(await read({ ...train, split: 'all' }), train.sampling);
  return { train: split.train, valid: split.valid };
}

/** See `recData`; of instructions too a tenth is held out where no validation data was named. */
export async function tuningData(options: {
  train: DataPlace;
  valid: DataPlace | null;
  /** Path of a document of facts about items. */
  facts?: string | undefined;
  settings: TuningSettings;
}): Promise<TuningData> {
  const { train, valid, facts, settings } = options;
  if (settings.stage === 'alpaca') {
    if (train.kind !== 'instructions') throw wrongKind('instructions', train.kind);
    const rows = await readInstructions(train.file);
    if (valid) return { stage: 'alpaca', train: rows, valid: await readInstructions(valid.file) };
    return { stage: 'alpaca', ...holdOut(rows, settings.seed) };
  }
  const data = await recData({ train, valid, seed: settings.seed });
  return { stage: 'rec', ...data, ...(facts === undefined ? {} : { facts: await readFactsDocument(facts) }) };
}

/** The drawn tenth is held out; both parts keep the order of the file. */
export function holdOut<T>(rows: readonly T[], seed: number): { train: T[]; valid: T[] } {
  const count = heldOutCount(rows.length);
  const order = Random.seeded(seed).shuffle(rows.map((_, index) => index));
  const held = new Set(order.slice(0, count));
  return { train: rows.filter((_, index) => !held.has(index)), valid: rows.filter((_, index) => held.has(index)) };
}

function wrongKind(expected: string, got: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `This job needs ${expected}, and the dataset holds ${got}.`);
}
