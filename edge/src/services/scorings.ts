// Batch scorings: jobs that score or rank all of a dataset.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { CreateScoring, Scoring } from '@tallrec/shared/wire/scorings';
import type { Ctx, Deps } from '../deps.ts';
import type { ScoringSpec } from '../repo/job-record.ts';
import type { JobRow } from '../repo/jobs.ts';
import { places } from '../storage/places.ts';
import { requireUse } from './adapters.ts';
import { givenFacts, requireWeights } from './item-facts.ts';
import { rowsOfBatch } from './jobs/batch.ts';
import { createJob, requireData, requireJob, requireModel } from './jobs/lifecycle.ts';
import { jobView } from './jobs/state.ts';

const DEFAULT_TOP = 10;

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID, TOO_LARGE */
export async function createScoring(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'feeds' | 'drivers'>,
  ctx: Ctx,
  {
    name,
    model,
    adapter: ref,
    items: itemsDataset,
    template: asked,
    force = false,
    task,
    dataset,
    catalogue,
    top,
    priority,
    wait,
  }: CreateScoring,
): Promise<Scoring> {
  const data = await requireData(deps, ctx, dataset, {
    role: 'dataset',
    kinds: ['samples', 'interactions'],
    labelled: false,
  });
  if (catalogue) {
    const kinds = ['items', 'interactions', 'samples'] as const;
    await requireData(deps, ctx, catalogue, { role: 'catalogue', kinds, labelled: false });
  }
  const items = await givenFacts(deps, ctx, itemsDataset);
  const rows = rowsOfBatch(data, task);
  if (rows === 0) {
    const problem = `no user has more than ${data.sampling.historyLength} ratings, so there is no row to score.`;
    throw refusedField('VALIDATION_FAILED', 'dataset', problem, {
      fix: 'Upload it with a shorter historyLength, or rank a catalogue.',
    });
  }
  if (rows === undefined || rows > LIMITS.scoringRows) {
    throw refusedField('TOO_LARGE', 'dataset', `a batch takes ${LIMITS.scoringRows} rows or 500,000 users.`, {
      fix: 'Upload it in several datasets.',
    });
  }
  await requireModel(deps, ctx, model, wait);
  const use = { ref, field: 'adapter', model, template: asked, force };
  const { adapter, template, warnings } = await requireUse(deps, ctx, use);
  if (items) requireWeights(adapter);
  const spec: ScoringSpec = {
    kind: 'scoring',
    adapter: adapter?.id ?? null,
    items,
    ...{ template, force, warnings },
    task,
    dataset,
    catalogue: catalogue ?? null,
    top: task === 'rank' ? (top ?? DEFAULT_TOP) : null,
  };
  const row = await createJob(
    deps,
    ctx,
    {
      id: deps.newId('scoring'),
      kind: 'scoring',
      name: name ?? `${adapter?.name ?? model} on ${data.name}`.slice(0, 100),
      priority,
      model,
      spec,
    },
    [dataset, spec.catalogue, items?.dataset ?? null, spec.adapter],
  );
  return toScoring(row);
}

/** Where the predictions lie. @throws TallrecError ILLEGAL_STATE where there are none */
export async function scoringPredictionsKey(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  id: string,
  format: 'jsonl' | 'csv',
): Promise<string> {
  const { state, result, workspace } = await requireJob(deps, ctx, 'scoring', id);
  if (result?.kind === 'scoring') return places.batchPredictions(workspace, id, format);
  throw new TallrecError('ILLEGAL_STATE', `${id} is ${state}: there are no predictions yet.`, {
    fix: 'They are there once it has succeeded; stop it to have those that are done.',
  });
}

export function toScoring(row: JobRow): Scoring {
  const { adapter, items = null, template, warnings = [], task, dataset, catalogue, top } = row.spec as ScoringSpec;
  const progress = row.progress?.kind === 'scoring' ? row.progress : null;
  const result = row.result?.kind === 'scoring' ? row.result : null;
  return {
    id: row.id,
    ...jobView(row),
    model: row.model!,
    adapter,
    items,
    template,
    warnings,
    task,
    dataset,
    catalogue,
    top,
    progress: progress && {
      rowsDone: progress.rowsDone,
      rowsTotal: progress.rowsTotal,
      chunksDone: progress.chunksDone,
      chunksTotal: progress.chunksTotal,
      etaMs: progress.etaMs,
    },
    rows: result?.rows ?? null,
    tokens: result?.tokens ?? null,
  };
}
