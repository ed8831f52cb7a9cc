import type { Node } from '@tallrec/shared/wire/nodes';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Deps } from '../../deps.ts';
import { listNodeRows } from '../../repo/nodes.ts';
import { type Page, toPage } from '../../repo/page.ts';
import { toNode } from './view.ts';

export async function listNodes(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Node>> {
  return toPage(await listNodeRows(deps.db, page), page.limit, toNode);
}
