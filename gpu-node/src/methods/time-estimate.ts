// Rough times of a language model's work, from a few rows of it.

import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { heldOutCount } from '@tallrec/shared/tuning-samples';
import { stepsPerEpoch, tuningSteps } from '@tallrec/shared/tuning-steps';
import type { LabelledRow } from '../llama/model.ts';
import { initAdapter, loraConfig } from '../train/lora-init.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { SharedLanguageModel } from './language-model.ts';
import type { FitData } from './method.ts';

const PROBE_ROWS = 8;
/** Evaluations that a tuning is taken to see beyond its patience before it stops. */
const EVALUATIONS_BEFORE_THE_BEST = 3;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Milliseconds for the scores of so many rows. */
export async function estimateScoringMs(
  shared: SharedLanguageModel,
  samples: readonly LabelledSample[],
  rows: number,
  signal?: AbortSignal,
): Promise<number> {
  const { model } = await shared.load();
  const prompts = await shared.promptRows();
  const probe = samples.slice(0, PROBE_ROWS).map((sample) => prompts.prompt(sample));
  throwIfCancelled(signal);
  if (probe.length === 0) return 0;
  const { yes, no } = prompts.answerTokens;
  const score = () => model.nextTokenLogits(probe, undefined, [yes, no]);
  await score();
  return ((await timed(score)) * rows) / probe.length;
}

/** Milliseconds of rec tuning on the shots. */
export async function estimateRecMs(
  shared: SharedLanguageModel,
  { train, valid }: FitData,
  signal?: AbortSignal,
): Promise<number> {
  const prompts = await shared.promptRows();
  const probe = train.slice(0, PROBE_ROWS).map((sample) => prompts.labelled(sample));
  const validationMs = await estimateScoringMs(shared, valid, valid.length, signal);
  return estimateTuningMs(shared, probe, { trainRows: train.length, validationMs }, signal);
}

/** Milliseconds of alpaca tuning, which is done once a seed. */
export async function estimateAlpacaMs(shared: SharedLanguageModel, signal?: AbortSignal): Promise<number> {
  const prompts = await shared.promptRows();
  const rows = shared.options.instructions?.rows ?? [];
  const encoded = rows.slice(0, PROBE_ROWS).map((row) => prompts.instruction(row));
  const probe = encoded.filter((row) => row !== undefined);
  if (probe.length === 0) return 0;
  const { model } = await shared.load();
  const held = heldOutCount(rows.length);
  const validationMs = ((await timed(() => model.loss(probe, undefined))) * held) / probe.length;
  return estimateTuningMs(shared, probe, { trainRows: rows.length - held, validationMs }, signal);
}

/** A tuning is taken to stop by its patience, a few evaluations after the first. */
async function estimateTuningMs(
  shared: SharedLanguageModel,
  probe: readonly LabelledRow[],
  { trainRows, validationMs }: { trainRows: number; validationMs: number },
  signal?: AbortSignal,
): Promise<number> {
  if (probe.length === 0) return 0;
  const { hyperParameters } = shared.options;
  const { model } = await shared.load();
  const adapter = initAdapter(loraConfig(hyperParameters), model.config, Random.seeded(0));
  const step = () => model.lossAndGradients(probe, adapter, { lossWeight: 1 / probe.length });
  await step();
  throwIfCancelled(signal);
  const rowMs = (await timed(step)) / probe.length;

  const { batchSize, patience } = hyperParameters;
  const { total, every } = tuningSteps(hyperParameters, trainRows);
  const steps = Math.min(total, (patience + EVALUATIONS_BEFORE_THE_BEST) * every);
  const validations = Math.ceil(steps / every) + 1;
  return (steps * rowMs * trainRows) / stepsPerEpoch(trainRows, batchSize) + validations * validationMs;
}
