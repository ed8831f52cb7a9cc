import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Deps } from '../../deps.ts';
import { listDatasetRows } from '../../repo/datasets.ts';
import { type Page, toPage } from '../../repo/page.ts';
import { toDataset } from './view.ts';

export async function listDatasets(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Dataset>> {
  return toPage(await listDatasetRows(deps.db, page), page.limit, toDataset);
}
