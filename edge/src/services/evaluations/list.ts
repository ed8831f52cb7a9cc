import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Deps } from '../../deps.ts';
import { listEvaluationRows } from '../../repo/evaluations.ts';
import { type Page, toPage } from '../../repo/page.ts';
import { toEvaluation } from './view.ts';

export async function listEvaluations(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Evaluation>> {
  return toPage(await listEvaluationRows(deps.db, page), page.limit, toEvaluation);
}
