// The first rows of a dataset that is ready.
import { TallrecError } from '@tallrec/shared/errors';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { places } from '../storage/places.ts';
import { requireDataset } from './datasets.ts';

/** Samples need a user's first ratings; files that list many users in turn need a wider window. */
const WINDOWS_BYTES = [256 * 1024, 4 * 1024 * 1024];

export interface RowWindow {
  rows: unknown[];
  /** Whether these are all. */
  whole: boolean;
}

/** The whole rows within ever wider windows, until one holds them all. */
export async function* rowWindows(
  bucket: R2Bucket,
  { workspace, id }: Pick<DatasetRow, 'workspace' | 'id'>,
): AsyncGenerator<RowWindow> {
  for (const bytes of WINDOWS_BYTES) {
    const object = await bucket.get(places.datasetRows(workspace, id), { range: { offset: 0, length: bytes } });
    if (!object) throw new Error(`The rows of ${id} are gone`);
    const text = new TextDecoder().decode(await object.arrayBuffer());
    const lines = text.slice(0, text.lastIndexOf('\n'));
    const whole = object.size <= bytes;
    yield { rows: lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line)), whole };
    if (whole) return;
  }
}

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED */
export async function requireReadyDataset(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<DatasetRow> {
  const row = await requireDataset(deps, ctx, id);
  if (row.state === 'ready') return row;
  if (row.state === 'rejected') {
    const found = `The dataset ${id} was rejected: there are ${row.errorCount} errors in it.`;
    throw new TallrecError('DATASET_REJECTED', found, {
      fix: 'Mend the rows named in its rowErrors and create it again, or validate it with badRows leave-out.',
    });
  }
  throw new TallrecError('ILLEGAL_STATE', `The dataset ${id} is ${row.state}.`, {
    fix: row.state === 'created' ? 'Upload its bytes and complete it.' : 'Wait until it is ready.',
  });
}
