// Datasets as the API shows them.
import { TallrecError } from '@tallrec/shared/errors';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, findDataset, listDatasetRows } from '../../repo/datasets.ts';
import { type Page, toPage } from '../../repo/db.ts';
import { iso } from '../timestamps.ts';

export function toDataset(row: DatasetRow): Dataset {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    format: row.format,
    state: row.state,
    bytes: row.bytes,
    sha256: row.sha256,
    sampling: row.sampling,
    createdBy: row.createdBy,
    stats: row.stats,
    warnings: row.warnings,
    errorCount: row.errorCount,
    rowErrors: row.rowErrors,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** @throws TallrecError NOT_FOUND, for one of another workspace too */
export async function requireDataset(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<DatasetRow> {
  const row = await findDataset(deps.db, ctx.workspace, id);
  if (row) return row;
  throw noSuchDataset(id);
}

export function noSuchDataset(id: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no dataset ${id}.`, { fix: 'GET /v1/datasets lists them.' });
}

export async function getDataset(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<Dataset> {
  return toDataset(await requireDataset(deps, ctx, id));
}

export async function listDatasets(deps: Pick<Deps, 'db'>, ctx: Ctx, page: PageQuery): Promise<Page<Dataset>> {
  return toPage(await listDatasetRows(deps.db, ctx.workspace, page), page.limit, toDataset);
}
