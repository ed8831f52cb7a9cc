import type { ApiKey } from '@tallrec/shared/wire/keys';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Deps } from '../../deps.ts';
import { listKeyRows } from '../../repo/keys.ts';
import { type Page, toPage } from '../../repo/page.ts';
import { toApiKey } from './view.ts';

export async function listKeys(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<ApiKey>> {
  return toPage(await listKeyRows(deps.db, page), page.limit, toApiKey);
}
