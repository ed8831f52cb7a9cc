// Evaluations: jobs that judge a model, an adapter or a method on a dataset.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { methodNamed } from '@tallrec/shared/methods';
import { type CreateEvaluation, type Evaluation, evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import type { z } from 'zod';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import type { EvaluationSpec } from '../repo/job-record.ts';
import type { JobRow } from '../repo/jobs.ts';
import { places } from '../storage/places.ts';
import { requireUse } from './adapters.ts';
import { givenFacts, requireWeights } from './item-facts.ts';
import { createJob, requireData, requireJob, requireModel } from './jobs/lifecycle.ts';
import { jobView } from './jobs/state.ts';

const HELD_OUT = 'Name another dataset, or leave it out: then some of trainDataset is held out.';
const SAMPLES = ['samples', 'interactions'] as const;

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID */
export async function createEvaluation(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'feeds' | 'drivers'>,
  ctx: Ctx,
  request: CreateEvaluation,
): Promise<Evaluation> {
  const { model, adapter: ref, method } = request;
  const judgedOn = await requireDataOf(deps, ctx, request);
  const items = await givenFacts(deps, ctx, request.items);
  if (model !== undefined) await requireModel(deps, ctx, model, request.wait);
  const { template: asked, force = false } = request;
  const use = { ref, field: 'adapter', model, template: asked, force };
  const { adapter, template, warnings } = await requireUse(deps, ctx, use);
  if (items && method === undefined) requireWeights(adapter);
  const what = [
    method && methodNamed(method).title,
    adapter?.name ?? model,
    request.shots && `K ${request.shots}`,
    // Of one that is run once for all, nobody names a seed.
    request.seed === undefined ? undefined : `seed ${request.seed}`,
  ];
  const spec: EvaluationSpec = {
    kind: 'evaluation',
    adapter: adapter?.id ?? null,
    ...{ template, force, warnings },
    dataset: request.dataset,
    split: request.split,
    trainDataset: request.trainDataset ?? null,
    items,
    limit: request.limit ?? null,
    untuned: request.untuned ?? false,
    method: method ?? null,
    shots: request.shots ?? null,
    seed: method ? (request.seed ?? 0) : null,
    validDataset: request.validDataset ?? null,
    instructionsDataset: request.instructionsDataset ?? null,
    hyperParameters: request.hyperParameters ?? null,
  };
  const row = await createJob(
    deps,
    ctx,
    {
      id: deps.newId('evaluation'),
      kind: 'evaluation',
      name: request.name ?? `${what.filter(Boolean).join(', ')} on ${judgedOn.name}`.slice(0, 100),
      priority: request.priority,
      model: model ?? null,
      spec,
    },
    [
      spec.dataset,
      spec.trainDataset,
      spec.validDataset,
      spec.instructionsDataset,
      items?.dataset ?? null,
      spec.adapter,
    ],
  );
  return toEvaluation(row);
}

/**
 * What an evaluation reads: each dataset is there, is of a kind that serves, and none that a method learns from is judged by.
 * @returns the dataset that is judged on
 */
async function requireDataOf(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  { dataset, split, trainDataset, validDataset, instructionsDataset, method }: CreateEvaluation,
): Promise<DatasetRow> {
  const samples = (id: string | undefined, role: string) =>
    id === undefined ? undefined : requireData(deps, ctx, id, { role, kinds: SAMPLES });
  const test = (await samples(dataset, 'dataset'))!;
  const train = await samples(trainDataset, 'trainDataset');
  const valid = await samples(validDataset, 'validDataset');
  if (instructionsDataset) {
    await requireData(deps, ctx, instructionsDataset, { role: 'instructionsDataset', kinds: ['instructions'] });
  }
  if (method === undefined) return test;
  if (train && isSame(train, test) && !(train.id === test.id && test.kind === 'interactions' && split === 'test')) {
    const fix = 'Name another dataset; one of interactions serves as both with "split": "test".';
    throw overlap('trainDataset', 'dataset', fix);
  }
  if (valid && isSame(valid, test)) throw overlap('validDataset', 'dataset', HELD_OUT);
  if (valid && train && isSame(valid, train)) throw overlap('validDataset', 'trainDataset', HELD_OUT);
  if (train?.stats && train.stats.rows < 2) {
    throw refusedField('VALIDATION_FAILED', 'trainDataset', `${train.id} holds ${train.stats.rows} rows.`, {
      fix: 'A method needs at least two: one to learn from and one to choose by.',
    });
  }
  return test;
}

function isSame(a: DatasetRow, b: DatasetRow): boolean {
  return a.id === b.id || (a.sha256 !== null && a.sha256 === b.sha256);
}

function overlap(field: string, other: string, fix: string): TallrecError {
  return refusedField('VALIDATION_FAILED', field, `it holds the rows of ${other}; they have to be apart.`, { fix });
}

/** Where the predictions lie, one JSON document a row. @throws TallrecError ILLEGAL_STATE where there are none */
export async function evaluationPredictionsKey(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<string> {
  const { state, result, workspace } = await requireJob(deps, ctx, 'evaluation', id);
  if (result?.kind === 'evaluation') return places.jobResult(workspace, id, result.fence, RESULT_FILES.predictions);
  throw new TallrecError('ILLEGAL_STATE', `${id} is ${state}: there are no predictions.`, {
    fix: 'An evaluation leaves them when it succeeds.',
  });
}

export function toEvaluation(row: JobRow): Evaluation {
  return evaluationOf(row, reportIn(row));
}

/** Of many at once: without what is for looking at one. */
export function toListedEvaluation(row: JobRow): Evaluation {
  const report = reportIn(row);
  return evaluationOf(row, report && { ...report, distribution: null, blendDistribution: null, examples: null });
}

type StoredReport = z.input<typeof evaluationReportSchema>;

function reportIn({ result }: JobRow): StoredReport | null {
  return result?.kind === 'evaluation' ? result.report : null;
}

function evaluationOf(row: JobRow, report: StoredReport | null): Evaluation {
  const spec = row.spec as EvaluationSpec;
  const progress = row.progress?.kind === 'evaluation' ? row.progress : null;
  return {
    id: row.id,
    ...jobView(row),
    model: row.model,
    adapter: spec.adapter,
    dataset: spec.dataset,
    split: spec.split,
    trainDataset: spec.trainDataset,
    items: spec.items ?? null,
    limit: spec.limit,
    template: row.model === null ? null : spec.template,
    warnings: spec.warnings ?? [],
    untuned: spec.untuned ?? false,
    method: spec.method,
    shots: spec.shots,
    seed: spec.seed,
    validDataset: spec.validDataset,
    instructionsDataset: spec.instructionsDataset,
    hyperParameters: spec.hyperParameters,
    progress: progress && {
      phase: progress.phase,
      done: progress.done,
      total: progress.total,
      etaMs: progress.etaMs,
    },
    // What an older version wrote lacks what came later.
    report: report && evaluationReportSchema.parse(report),
  };
}
