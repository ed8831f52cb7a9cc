// The items of a dataset, found by words of their titles.
import { interactionSchema } from '@tallrec/shared/interactions';
import { itemFactSchema } from '@tallrec/shared/item-facts';
import type { Normalised } from '@tallrec/shared/rows/checks/row-check';
import type { ItemIndexState } from '@tallrec/shared/rows/counts/item-index';
import { Tally } from '@tallrec/shared/rows/counts/tally';
import { itemSchema, sampleSchema } from '@tallrec/shared/sample';
import { titleMatcher } from '@tallrec/shared/title-search';
import type { DatasetItems, ItemsQuery } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { places } from '../storage/places.ts';
import { requireReadyDataset, rowWindows } from './dataset-rows.ts';

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED */
export async function listDatasetItems(
  deps: Pick<Deps, 'db' | 'bucket'>,
  ctx: Ctx,
  id: string,
  { search, limit }: ItemsQuery,
): Promise<DatasetItems> {
  const row = await requireReadyDataset(deps, ctx, id);
  if (row.kind === 'instructions') return { items: [], total: 0, complete: true };
  const { items, complete } = (await keptItems(deps.bucket, row)) ?? (await itemsOfFirstRows(deps.bucket, row));
  const matches = titleMatcher(search ?? '');
  const found = items.filter(({ title }) => matches(title));
  return { items: found.slice(0, limit), total: found.length, complete };
}

async function keptItems(bucket: R2Bucket, { workspace, id }: DatasetRow): Promise<ItemIndexState | null> {
  const object = await bucket.get(places.datasetItems(workspace, id));
  return object && (await object.json<ItemIndexState>());
}

/** Of what was validated before items were kept. */
async function itemsOfFirstRows(bucket: R2Bucket, row: DatasetRow): Promise<ItemIndexState> {
  let found: ItemIndexState = { items: [], complete: true };
  for await (const { rows, whole } of rowWindows(bucket, row)) {
    const tally = new Tally(row.kind, row.sampling);
    for (const value of rows) tally.add(normalised(row.kind, value), '');
    const { items, complete } = tally.rankedItems();
    found = { items, complete: complete && whole };
  }
  return found;
}

function normalised(kind: DatasetRow['kind'], value: unknown): Normalised {
  if (kind === 'interactions') return { kind, row: interactionSchema.parse(value) };
  if (kind === 'item-facts') return { kind, row: itemFactSchema.parse(value) };
  if (kind === 'items') return { kind, row: itemSchema.parse(value) };
  return { kind: 'samples', row: sampleSchema.parse(value) };
}
