// What an evaluation reads: each dataset is there, is of a kind that serves, and none that a method learns from is judged by.
import { TallrecError } from '@tallrec/shared/errors';
import type { CreateEvaluation } from '@tallrec/shared/wire/evaluations';
import type { Deps } from '../../deps.ts';
import type { DatasetRow } from '../../repo/datasets.ts';
import { checkDataset } from '../jobs/check-dataset.ts';

const HELD_OUT = 'Name another dataset, or leave it out: then some of trainDataset is held out.';
const SAMPLES = ['samples', 'interactions'] as const;

/**
 * @returns the dataset that is judged on
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED
 */
export async function checkData(
  deps: Pick<Deps, 'db'>,
  { dataset, split, trainDataset, validDataset, instructionsDataset, method }: CreateEvaluation,
): Promise<DatasetRow> {
  const test = await checkDataset(deps, dataset, SAMPLES, 'dataset');
  const train = trainDataset ? await checkDataset(deps, trainDataset, SAMPLES, 'trainDataset') : undefined;
  const valid = validDataset ? await checkDataset(deps, validDataset, SAMPLES, 'validDataset') : undefined;
  if (instructionsDataset) await checkDataset(deps, instructionsDataset, ['instructions'], 'instructionsDataset');
  if (method === undefined) return test;
  if (train && isSame(train, test) && !(train.id === test.id && test.kind === 'interactions' && split === 'test')) {
    throw overlap(
      'trainDataset',
      'dataset',
      'Name another dataset; one of interactions serves as both with "split": "test".',
    );
  }
  if (valid && isSame(valid, test)) throw overlap('validDataset', 'dataset', HELD_OUT);
  if (valid && train && isSame(valid, train)) throw overlap('validDataset', 'trainDataset', HELD_OUT);
  if (train?.stats && train.stats.rows < 2) {
    throw new TallrecError('VALIDATION_FAILED', `trainDataset: ${train.id} holds ${train.stats.rows} rows.`, {
      fix: 'A method needs at least two: one to learn from and one to choose by.',
    });
  }
  return test;
}

function isSame(a: DatasetRow, b: DatasetRow): boolean {
  return a.id === b.id || (a.sha256 !== null && a.sha256 === b.sha256);
}

function overlap(field: string, other: string, fix: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `${field}: it holds the rows of ${other}; they have to be apart.`, {
    fix,
  });
}
