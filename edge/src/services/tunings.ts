// Tunings: jobs that make an adapter.

import { downsample } from '@tallrec/shared/downsample';
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import type { CreateTuning, Tuning, TuningMetrics } from '@tallrec/shared/wire/tunings';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import type { TuningSpec } from '../repo/job-record.ts';
import type { JobRow } from '../repo/jobs.ts';
import { places } from '../storage/places.ts';
import { requireUse } from './adapters.ts';
import { givenFacts } from './item-facts.ts';
import { createJob, requireData, requireJob, requireModel } from './jobs/lifecycle.ts';
import { jobView } from './jobs/state.ts';

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID */
export async function createTuning(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'feeds' | 'drivers'>,
  ctx: Ctx,
  {
    name,
    model,
    dataset,
    validDataset,
    items: itemsDataset,
    initAdapter,
    priority,
    wait,
    template: asked,
    force = false,
    ...rest
  }: CreateTuning,
): Promise<Tuning> {
  const { train } = await requireTuningData(deps, ctx, { stage: rest.stage, dataset, validDataset });
  const items = await givenFacts(deps, ctx, itemsDataset);
  await requireModel(deps, ctx, model, wait);
  const use = { ref: initAdapter, field: 'initAdapter', model, template: asked, force };
  const { adapter: init, template, warnings } = await requireUse(deps, ctx, use);
  const settings = tuningSettingsSchema.parse({ ...rest, template });
  const spec: TuningSpec = {
    kind: 'tuning',
    dataset,
    validDataset: validDataset ?? null,
    items,
    initAdapter: init?.id ?? null,
    ...{ force, warnings },
    settings,
  };
  const row = await createJob(
    deps,
    ctx,
    {
      id: deps.newId('tuning'),
      kind: 'tuning',
      name: name ?? `${settings.stage} on ${train.name}`.slice(0, 100),
      priority,
      model,
      spec,
    },
    [dataset, spec.validDataset, items?.dataset ?? null, spec.initAdapter],
  );
  return toTuning(row);
}

/**
 * What a tuning learns from and is judged by, of a kind that its stage can learn from.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED
 */
export async function requireTuningData(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  { stage, dataset, validDataset }: Pick<CreateTuning, 'stage' | 'dataset' | 'validDataset'>,
): Promise<{ train: DatasetRow; valid: DatasetRow | null }> {
  const kinds = stage === 'alpaca' ? (['instructions'] as const) : (['samples', 'interactions'] as const);
  const train = await requireData(deps, ctx, dataset, { role: 'dataset', kinds });
  const valid = validDataset ? await requireData(deps, ctx, validDataset, { role: 'validDataset', kinds }) : null;
  if (train.stats && train.stats.rows < 2) {
    throw refusedField('VALIDATION_FAILED', 'dataset', `${dataset} holds ${train.stats.rows} rows.`, {
      fix: 'A tuning needs at least two: one to learn from and one to judge by.',
    });
  }
  return { train, valid };
}

/**
 * The curves of a tuning. A step that was run twice, after its node was lost, counts as it was the second time.
 * @param points at most so many a curve, the extremes of each stretch among them
 */
export async function tuningMetrics(
  deps: Pick<Deps, 'db' | 'feeds'>,
  ctx: Ctx,
  id: string,
  points?: number,
): Promise<TuningMetrics> {
  await requireJob(deps, ctx, 'tuning', id);
  const steps = new Map<number, TuningMetrics['steps'][number]>();
  const evaluations = new Map<number, TuningMetrics['evaluations'][number]>();
  let validRuleAuc: number | null = null;
  for (const { event } of await deps.feeds.read(id)) {
    if (event.type === 'step') {
      const { step, loss, learningRate, gradientNorm, tokensPerSecond } = event;
      steps.set(step, { step, loss, learningRate, gradientNorm, tokensPerSecond });
    } else if (event.type === 'evaluated') {
      const { step, validAuc, validLoss, best } = event;
      evaluations.set(step, { step, validAuc, validLoss, best });
    } else if (event.type === 'started') validRuleAuc = event.validRuleAuc ?? validRuleAuc;
  }
  const inOrder = <T extends { step: number }>(curve: Map<number, T>, height: (point: T) => number) =>
    downsample(
      [...curve.values()].sort((a, b) => a.step - b.step),
      points,
      height,
    );
  return {
    steps: inOrder(steps, ({ loss }) => loss),
    evaluations: inOrder(evaluations, ({ validAuc, validLoss }) => validAuc ?? validLoss),
    validRuleAuc,
  };
}

/** Where `report.json` lies as the node wrote it. @throws TallrecError ILLEGAL_STATE where there is none */
export async function tuningReportKey(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<string> {
  const { state, result, workspace } = await requireJob(deps, ctx, 'tuning', id);
  if (result?.kind === 'tuning') return places.jobResult(workspace, id, result.fence, RESULT_FILES.report);
  throw new TallrecError('ILLEGAL_STATE', `${id} is ${state}: there is no report.`, {
    fix: 'A tuning leaves its report when it succeeds.',
  });
}

export function toTuning(row: JobRow): Tuning {
  const { dataset, validDataset, items = null, initAdapter, settings, warnings = [] } = row.spec as TuningSpec;
  const result = row.result?.kind === 'tuning' ? row.result : null;
  const progress = row.progress?.kind === 'tuning' ? row.progress : null;
  return {
    id: row.id,
    ...jobView(row),
    model: row.model!,
    dataset,
    validDataset,
    items,
    initAdapter,
    settings,
    warnings,
    progress: progress && {
      step: progress.step,
      totalSteps: progress.totalSteps,
      loss: progress.loss,
      validAuc: progress.validAuc,
      etaMs: progress.etaMs,
    },
    adapter: result?.adapter ?? null,
    bestValidAuc: result?.bestValidAuc ?? null,
    stopReason: result?.stopReason ?? null,
  };
}
