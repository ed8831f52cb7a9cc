// What a model says of its own training: `training.json` beside its weights, where it was made by `tallrec default-model`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@tallrec/shared/json';
import { z } from 'zod';

export const TRAINING_FILE = 'training.json';

const trainingFileSchema = z.looseObject({ catalogue: z.array(z.string()) });

/** @returns the titles that its training rated; undefined where the model tells of none */
export async function modelCatalogue(dir: string): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(join(dir, TRAINING_FILE), 'utf8').catch(() => undefined);
  const parsed = trainingFileSchema.safeParse(text === undefined ? undefined : parseJson(text));
  return parsed.success ? new Set(parsed.data.catalogue) : undefined;
}
