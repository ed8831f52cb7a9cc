// The small random LLaMA that stands in where no checkpoint was named, with a vocabulary made of the demo's own prompts.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { answerOf } from '@tallrec/shared/sample';
import { TINY_MODEL_NAME, writeTinyModel } from '../tiny-model.ts';
import { demoRatings } from './ratings.ts';

/** @returns the checkpoint's directory within `parent`; made on the first call */
export async function demoModel(parent: string): Promise<string> {
  const dir = join(parent, TINY_MODEL_NAME);
  const made = await access(join(dir, 'model.safetensors')).then(
    () => true,
    () => false,
  );
  if (made) return dir;
  const { ratings } = await demoRatings();
  const samples = buildSamples(ratings, samplingSchema.parse({}));
  const corpus = samples.map((sample) => formatSamplePrompt(sample, 'clean') + answerOf(sample.liked));
  await writeTinyModel(dir, { corpus });
  return dir;
}
