// Facts about items as jobs and requests are given them: a dataset of that kind, and its document as a node needs it.
import { FACTS_FIX, factsProblem } from '@tallrec/shared/blend';
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { Grant } from '@tallrec/shared/signing';
import type { GivenFacts, ItemFacts } from '@tallrec/shared/wire/datasets';
import type { JobFacts } from '@tallrec/shared/wire/link';
import type { Ctx, Deps } from '../deps.ts';
import type { AdapterRow } from '../repo/adapters.ts';
import { type DatasetRow, findDataset } from '../repo/datasets.ts';
import { places, signedPath } from '../storage/places.ts';
import { knownBlend } from './adapters.ts';
import { requireData } from './jobs/lifecycle.ts';

export interface FactsRow extends DatasetRow {
  facts: ItemFacts;
}

/**
 * The dataset that a request names as `items`.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED where it is of another kind
 */
export async function requireItemFacts(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<FactsRow> {
  const row = await requireData(deps, ctx, id, { role: 'items', kinds: ['item-facts'], labelled: false });
  return withFacts(row);
}

/** @throws TallrecError as `requireItemFacts` */
export async function givenFacts(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string | undefined): Promise<GivenFacts | null> {
  return id === undefined ? null : { dataset: id, sha256: (await requireItemFacts(deps, ctx, id)).facts.sha256 };
}

function withFacts(row: DatasetRow): FactsRow {
  const { facts } = row;
  if (facts === null) throw new Error(`${row.id} is ready without its facts`);
  return { ...row, facts };
}

/**
 * Other facts stand only where an adapter's blend has weights for them.
 * @throws TallrecError VALIDATION_FAILED
 */
export function requireWeights(adapter: Pick<AdapterRow, 'blend'> | undefined): void {
  const problem = adapter
    ? factsProblem(knownBlend(adapter))
    : 'it goes with an adapter, whose blend weighs facts about items.';
  if (problem !== null) throw refusedField('VALIDATION_FAILED', 'items', problem, { fix: FACTS_FIX });
}

/** @param run of a job, whose fence guards the path; without one it holds for a request's time */
export async function signedFacts(
  deps: Pick<Deps, 'clock' | 'signing'>,
  { id, workspace, facts: { sha256, bytes } }: FactsRow,
  run?: { job: string; fence: number },
): Promise<JobFacts> {
  const key = places.datasetFacts(workspace, id);
  const grant: Grant = run
    ? { op: 'get-input', key, job: run.job, fence: run.fence }
    : { op: 'get', key, exp: deps.clock.nowMs() + LIMITS.requestUrlTtlMs };
  return { sha256, bytes, path: await signedPath(deps, grant) };
}

/** @throws TallrecError NOT_FOUND where it has been deleted */
export async function factsOfJob(
  deps: Pick<Deps, 'db' | 'clock' | 'signing'>,
  { workspace, id: job, fence }: { workspace: string; id: string; fence: number },
  given: GivenFacts | null | undefined,
): Promise<JobFacts | null> {
  if (!given) return null;
  const row = await findDataset(deps.db, workspace, given.dataset);
  if (!row) {
    throw new TallrecError('NOT_FOUND', `The dataset ${given.dataset} has been deleted.`, { fix: 'Upload it again.' });
  }
  return await signedFacts(deps, withFacts(row), { job, fence });
}
