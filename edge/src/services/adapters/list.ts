import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Deps } from '../../deps.ts';
import { listAdapterRows } from '../../repo/adapters.ts';
import type { Page } from '../../repo/page.ts';
import { toAdapter } from './view.ts';

export async function listAdapters(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Adapter>> {
  const rows = await listAdapterRows(deps.db, page);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toAdapter),
    nextCursor: rows.length > page.limit && last ? `${last.createdAt}.${last.id}` : null,
  };
}
