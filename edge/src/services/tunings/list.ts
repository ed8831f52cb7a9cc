import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { type Page, toPage } from '../../repo/page.ts';
import { listTuningRows } from '../../repo/tunings.ts';
import { toTuning } from './view.ts';

export async function listTunings(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Tuning>> {
  return toPage(await listTuningRows(deps.db, page), page.limit, toTuning);
}
