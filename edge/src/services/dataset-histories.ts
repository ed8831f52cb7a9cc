// Of users of a dataset the latest history, with what came next: what a model is tried on.
import { historiesByUser, interactionSchema } from '@tallrec/shared/interactions';
import { type Sample, sampleSchema } from '@tallrec/shared/sample';
import type { DatasetHistories, HistoriesQuery } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { requireReadyDataset, rowWindows } from './dataset-rows.ts';

type History = DatasetHistories['histories'][number];

/**
 * Those that the beginning of the file has.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED
 */
export async function listDatasetHistories(
  deps: Pick<Deps, 'db' | 'bucket'>,
  ctx: Ctx,
  id: string,
  { user = '', limit }: HistoriesQuery,
): Promise<DatasetHistories> {
  const row = await requireReadyDataset(deps, ctx, id);
  if (row.kind !== 'interactions' && row.kind !== 'samples') return { histories: [], complete: true };
  const asked = (history: History) => user === '' || history.user?.startsWith(user);
  let found: DatasetHistories = { histories: [], complete: true };
  for await (const { rows, whole } of rowWindows(deps.bucket, row)) {
    const histories = (row.kind === 'samples' ? ofSamples(rows) : ofRatings(rows, row)).filter(asked);
    found = { histories: histories.slice(0, limit), complete: whole };
    if (histories.length >= limit) break;
  }
  return found;
}

function ofRatings(rows: readonly unknown[], { sampling }: DatasetRow): History[] {
  const { historyLength, noun } = sampling;
  const byUser = historiesByUser(
    rows.map((value) => interactionSchema.parse(value)),
    sampling,
  );
  return [...byUser].flatMap(([user, events]) => {
    const next = events.at(-1)!;
    const history = events.slice(0, -1).slice(-historyLength);
    return history.length === 0 ? [] : [{ user, noun, history, next }];
  });
}

/** A sample without a user is somebody's of whom no more is known. */
function ofSamples(rows: readonly unknown[]): History[] {
  const latest = new Map<string | Sample, Sample>();
  for (const value of rows) {
    const sample = sampleSchema.parse(value);
    const key = sample.user ?? sample;
    const known = latest.get(key);
    const earlier =
      known?.target.at !== undefined && sample.target.at !== undefined && sample.target.at < known.target.at;
    if (!earlier) latest.set(key, sample);
  }
  return [...latest.values()].map(({ user = null, noun, history, target, liked = null }) => ({
    user,
    noun,
    history,
    next: { ...target, liked },
  }));
}
