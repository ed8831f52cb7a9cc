// An adapter goes in three steps, each of which can be done again: marked, its files, its row.
import { TallrecError } from '@tallrec/shared/errors';
import type { Ctx, Deps } from '../../deps.ts';
import { type AdapterRow, deleteAdapterRow, setAdapterDeleting } from '../../repo/adapters.ts';
import { places } from '../../storage/places.ts';
import { deletePrefix } from '../../storage/r2.ts';
import { forgetRoutesOf } from '../known-routes.ts';
import { noSuchAdapter } from './resolve.ts';

/** @throws TallrecError NOT_FOUND, or CONFLICT while aliases point at it or jobs use it, which it names */
export async function deleteAdapter(deps: Pick<Deps, 'db' | 'bucket' | 'clock'>, ctx: Ctx, id: string): Promise<void> {
  const { row, aliases, jobs } = await setAdapterDeleting(deps.db, ctx, id, deps.clock.nowMs());
  forgetRoutesOf(ctx.workspace);
  if (!row) throw noSuchAdapter(id);
  if (row.state === 'deleting') return await finishDeletingAdapter(deps, row);
  const by = [...aliases.map((alias) => `the alias ${alias}`), ...jobs].join(', ');
  throw new TallrecError('CONFLICT', `The adapter ${id} is used by ${by}.`, {
    fix: 'Point the alias at another adapter or delete it; wait for the jobs to end, or cancel them.',
    details: { aliases, jobs },
  });
}

export async function finishDeletingAdapter(
  deps: Pick<Deps, 'db' | 'bucket'>,
  { workspace, id }: AdapterRow,
): Promise<void> {
  await deletePrefix(deps.bucket, places.adapter(workspace, id));
  await deleteAdapterRow(deps.db, workspace, id);
}
