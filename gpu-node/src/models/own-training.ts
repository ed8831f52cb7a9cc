// What a model says of its own training: `training.json` beside its weights, where it was made by `tallrec default-model`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@tallrec/shared/json';
import { z } from 'zod';

export const TRAINING_FILE = 'training.json';

const ownTrainingSchema = z.looseObject({
  /** Whose ratings it read. */
  users: z.int().optional(),
  ratings: z.int().optional(),
  /** The share of its questions that was in TALLRec's wording, in so many steps. */
  tallrecWording: z.object({ share: z.number(), steps: z.int() }).optional(),
  /** The titles that these users rated. */
  catalogue: z.array(z.string()),
});
export type OwnTraining = z.infer<typeof ownTrainingSchema>;

/** @returns undefined where the model tells nothing */
export async function ownTraining(dir: string): Promise<OwnTraining | undefined> {
  const text = await readFile(join(dir, TRAINING_FILE), 'utf8').catch(() => undefined);
  return ownTrainingSchema.safeParse(text === undefined ? undefined : parseJson(text)).data;
}

/** @returns the titles that its training rated; undefined where the model tells of none */
export async function modelCatalogue(dir: string): Promise<ReadonlySet<string> | undefined> {
  const training = await ownTraining(dir);
  return training && new Set(training.catalogue);
}

/** In a clause: what it has read, and whether it was asked this very question before. */
export function describeTraining({ users, ratings, tallrecWording, catalogue }: OwnTraining): string {
  const number = (value: number) => value.toLocaleString('en');
  const whose =
    users === undefined || ratings === undefined ? 'ratings' : `${number(ratings)} ratings of ${users} other people`;
  const asked = tallrecWording?.steps
    ? `this very question was ${Math.round(100 * tallrecWording.share)} % of what it was asked in its last ${number(tallrecWording.steps)} steps`
    : 'it was never asked this question';
  return `it has read ${whose} on ${number(catalogue.length)} films, and ${asked}`;
}
