// Where a training stands, in one file that is whole or is not there: weights, moments, step and curve.
import { stat } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { readSafetensorsHeader, readTensor, writeSafetensors } from '../llama/safetensors.ts';
import type { Weights } from '../llama/trainable-model.ts';
import type { AdamWState } from '../train/adamw.ts';

export const curvePointSchema = z.object({
  step: z.int(),
  /** Mean loss of a labelled token since the point before, in nats. */
  sequenceLoss: z.number().optional(),
  questionLoss: z.number().optional(),
  drillLoss: z.number().optional(),
});
export type CurvePoint = z.infer<typeof curvePointSchema>;

export const watchPointSchema = z.object({
  step: z.int(),
  /** On users that nothing is learned from: asked in a wording of the corpus, and in TALLRec's. */
  knownAuc: z.number(),
  tallrecAuc: z.number(),
});

const progressSchema = z.object({
  /** Of everything that shapes the run. */
  identity: z.string(),
  step: z.int().nonnegative(),
  durationMs: z.number().nonnegative(),
  tokens: z.int().nonnegative(),
  curve: z.array(curvePointSchema),
  watched: z.array(watchPointSchema),
});

export interface Training extends z.infer<typeof progressSchema> {
  weights: Weights;
  optimizer: AdamWState;
}

export async function writeTraining(path: string, { weights, optimizer, ...progress }: Training): Promise<void> {
  const tensors: Weights = new Map();
  for (const [name, { shape, data }] of weights) {
    const { first, second } = optimizer.moments.get(name)!;
    tensors.set(name, { shape, data });
    tensors.set(`first.${name}`, { shape, data: first });
    tensors.set(`second.${name}`, { shape, data: second });
  }
  await writeSafetensors(path, tensors, { progress: JSON.stringify(progress) });
}

/**
 * @returns undefined where there is no such file
 * @throws TallrecError when it is damaged or belongs to a run of another recipe, other data or another seed
 */
export async function readTraining(path: string, identity: string): Promise<Training | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  const { tensors, metadata } = await readSafetensorsHeader(path);
  const progress = progressSchema.parse(JSON.parse(metadata.progress ?? 'null'));
  if (progress.identity !== identity) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `${path} belongs to a run of another recipe, other data or another seed.`,
      {
        fix: 'Name another --out, or delete that file to start anew.',
      },
    );
  }
  const weights: Weights = new Map();
  const optimizer: AdamWState = { step: progress.step, moments: new Map() };
  for (const [name, location] of tensors) {
    if (name.startsWith('first.') || name.startsWith('second.')) continue;
    const [data, first, second] = await Promise.all([
      readTensor(location),
      readTensor(tensors.get(`first.${name}`)!),
      readTensor(tensors.get(`second.${name}`)!),
    ]);
    weights.set(name, { shape: location.shape, data });
    optimizer.moments.set(name, { first, second });
  }
  return { ...progress, weights, optimizer };
}
