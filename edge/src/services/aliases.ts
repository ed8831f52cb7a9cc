// Names that point at adapters, move from one to the next between two requests, and keep where they pointed.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { Adapter, Alias, AliasHistory } from '@tallrec/shared/wire/adapters';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../deps.ts';
import {
  type AliasRow,
  deleteAliasRow,
  findAdapter,
  findAliasHistory,
  listAliasRows,
  setAdapterTried,
  setAliasRow,
} from '../repo/adapters.ts';
import type { Page } from '../repo/db.ts';
import { places } from '../storage/places.ts';
import { type TrialDeps, tryAdapter } from './adapter-trial.ts';
import { getAdapter, noNamedAdapter } from './adapters.ts';
import { forgetRoutesOf } from './known-routes.ts';
import { iso } from './timestamps.ts';

function toAlias({ alias, adapter, updatedAt }: AliasRow): Alias {
  return { alias, adapter, updatedAt: iso(updatedAt) };
}

export async function listAliases(deps: Pick<Deps, 'db'>, ctx: Ctx, page: PageQuery): Promise<Page<Alias>> {
  const rows = await listAliasRows(deps.db, ctx.workspace, page);
  const shown = rows.slice(0, page.limit);
  return { items: shown.map(toAlias), nextCursor: rows.length > page.limit ? shown.at(-1)!.alias : null };
}

function noSuchAlias(alias: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no alias ${alias}.`, { fix: 'GET /v1/aliases lists them.' });
}

/** @throws TallrecError NOT_FOUND */
export async function getAlias(deps: Pick<Deps, 'db'>, ctx: Ctx, alias: string): Promise<AliasHistory> {
  const found = await findAliasHistory(deps.db, ctx.workspace, alias, LIMITS.pageItems);
  if (!found) throw noSuchAlias(alias);
  const history = found.moves.map(({ adapter, at, by }) => ({ adapter, at: iso(at), by }));
  return { ...toAlias(found.row), history };
}

/**
 * An alias is what others rely on: it moves only to an adapter that a node has loaded and scored with.
 * @throws TallrecError NOT_FOUND where there is no such adapter, ADAPTER_INVALID where a node cannot use it, NODE_UNAVAILABLE where
 *   that is not known yet and no node can tell
 */
export async function setAlias(deps: TrialDeps, ctx: Ctx, alias: string, adapter: string): Promise<Adapter> {
  const row = await findAdapter(deps.db, ctx.workspace, adapter);
  if (row && row.golden === null) {
    await setAdapterTried(deps.db, row, await tryAdapter(deps, ctx, row, places.adapterFiles(row.workspace, row.id)));
  }
  const now = await setAliasRow(deps.db, ctx, alias, adapter, deps.clock.nowMs());
  forgetRoutesOf(ctx.workspace);
  if (now !== adapter) throw noNamedAdapter('adapter', adapter);
  return await getAdapter(deps, ctx, adapter);
}

/** @throws TallrecError NOT_FOUND */
export async function deleteAlias(deps: Pick<Deps, 'db' | 'clock'>, ctx: Ctx, alias: string): Promise<void> {
  const deleted = await deleteAliasRow(deps.db, ctx, alias, deps.clock.nowMs());
  forgetRoutesOf(ctx.workspace);
  if (deleted) return;
  throw noSuchAlias(alias);
}
