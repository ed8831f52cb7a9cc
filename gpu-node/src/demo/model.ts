// The model where none was named: the one that comes with the project, or else a small random one.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { answerOf } from '@tallrec/shared/sample';
import { TINY_MODEL_NAME, writeTinyModel } from '../tiny-model.ts';
import { demoRatings } from './ratings.ts';

/** Made by `npm run default-model`. */
const MOVIES_MODEL = fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url));

export interface DemoModel {
  /** A checkpoint's directory. */
  dir: string;
  /** `movies` has read about films; `random` has never read anything. */
  kind: 'movies' | 'random';
}

/** @param parent gets the random model, on the first call that needs it */
export async function demoModel(parent: string): Promise<DemoModel> {
  if (await isCheckpoint(MOVIES_MODEL)) return { dir: MOVIES_MODEL, kind: 'movies' };
  return { dir: await randomModel(parent), kind: 'random' };
}

/** @returns the checkpoint's directory within `parent`; made on the first call */
export async function randomModel(parent: string): Promise<string> {
  const dir = join(parent, TINY_MODEL_NAME);
  if (await isCheckpoint(dir)) return dir;
  const { ratings } = await demoRatings();
  const samples = buildSamples(ratings, samplingSchema.parse({}));
  // Its vocabulary is that of the demo's own prompts.
  const corpus = samples.map((sample) => formatSamplePrompt(sample, 'clean') + answerOf(sample.liked));
  await writeTinyModel(dir, { corpus });
  return dir;
}

function isCheckpoint(dir: string): Promise<boolean> {
  return access(join(dir, 'model.safetensors')).then(
    () => true,
    () => false,
  );
}
