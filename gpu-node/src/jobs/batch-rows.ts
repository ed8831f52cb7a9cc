// What a piece of a batch scoring is made of: its rows as histories, with targets where these are scored, and the catalogue.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { TallrecError } from '@tallrec/shared/errors';
import { buildSamples, type Interaction, interactionSchema, type Sampling } from '@tallrec/shared/interactions';
import { itemKey } from '@tallrec/shared/metrics';
import { type HistoryItem, type Item, itemSchema, sampleSchema } from '@tallrec/shared/sample';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { z } from 'zod';

export interface BatchRow {
  user?: string | undefined;
  noun: string;
  history: HistoryItem[];
  target?: Item;
  liked?: boolean | undefined;
}

/** @param file JSONL of validated samples */
export async function* readSampleRows(file: string): AsyncGenerator<BatchRow> {
  for await (const value of jsonLines(file)) yield sampleSchema.parse(value);
}

/**
 * The latest history of each user, in the order in which users first appear. Only those asked for are kept in memory, and of them the
 * latest ratings alone.
 * @param file JSONL of validated interactions
 * @param firstUser from 0
 */
export async function readUserRows(
  file: string,
  sampling: Sampling,
  { firstUser, users }: { firstUser: number; users: number },
): Promise<BatchRow[]> {
  const { historyLength, likedAbove, noun } = sampling;
  const order = new Map<string, number>();
  const latest = new Map<string, Interaction[]>();
  for await (const interaction of readRatings(file)) {
    const { user } = interaction;
    let place = order.get(user);
    if (place === undefined) {
      place = order.size;
      order.set(user, place);
    }
    if (place < firstUser || place >= firstUser + users) continue;
    const own = latest.get(user) ?? [];
    latest.set(user, own);
    own.push(interaction);
    if (own.length > 4 * historyLength) keepLatest(own, historyLength);
  }
  return [...latest].map(([user, own]) => {
    keepLatest(own, historyLength);
    const history = own.map(({ title, by, item, rating, time }) => ({
      title,
      ...(by === undefined ? {} : { by }),
      id: item,
      at: time,
      liked: rating > likedAbove,
    }));
    return { user, noun, history };
  });
}

/**
 * Some of the samples that ratings give (see `buildSamples`), in their order. Only ratings of users who have some of these are kept in
 * memory.
 * @param file JSONL of validated interactions
 * @param firstRow from 0, among all samples
 */
export async function readRatingRows(
  file: string,
  sampling: Sampling,
  { firstRow, rows }: { firstRow: number; rows: number },
): Promise<BatchRow[]> {
  const counts = new Map<string, number>();
  for await (const { user } of readRatings(file)) counts.set(user, (counts.get(user) ?? 0) + 1);
  const wanted = new Set<string>();
  let [at, before] = [0, 0];
  for (const [user, count] of counts) {
    const samples = Math.max(0, count - sampling.historyLength);
    if (samples > 0 && at + samples > firstRow && at < firstRow + rows) wanted.add(user);
    if (at + samples <= firstRow) before = at + samples;
    at += samples;
  }
  const kept: Interaction[] = [];
  for await (const interaction of readRatings(file)) if (wanted.has(interaction.user)) kept.push(interaction);
  return buildSamples(kept, sampling).slice(firstRow - before, firstRow - before + rows);
}

async function* readRatings(file: string): AsyncGenerator<Interaction> {
  for await (const value of jsonLines(file)) yield interactionSchema.parse(value);
}

/** Ratings of the same time keep their order. */
function keepLatest(own: Interaction[], count: number): void {
  own.sort((a, b) => a.time - b.time);
  if (own.length > count) own.splice(0, own.length - count);
}

const itemRowSchema = z.looseObject({
  item: z.string().min(1).optional(),
  id: z.string().min(1).optional(),
  ...itemSchema.pick({ title: true, by: true }).shape,
});

/**
 * @param file JSONL of validated rows
 * @param kind of items or ratings each row is one; those of samples are what stands in histories and as targets
 * @returns each once: of two with one id, or of samples with one title and none, the first counts
 */
export async function readCatalogue(file: string, kind: DatasetKind): Promise<Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  const add = ({ title, by, id }: Item) => {
    const item = { title, ...(by === undefined ? {} : { by }), ...(id === undefined ? {} : { id }) };
    // A catalogue of items may list one title twice.
    const key = id === undefined && kind === 'items' ? undefined : itemKey(item);
    if (key !== undefined && seen.has(key)) return;
    if (key !== undefined) seen.add(key);
    items.push(item);
  };
  for await (const value of jsonLines(file)) {
    if (kind === 'samples') {
      const { history, target } = sampleSchema.parse(value);
      for (const item of [...history, target]) add(item);
    } else {
      const { title, by, item, id = item } = itemRowSchema.parse(value);
      add({ title, by, id });
    }
  }
  return items;
}

/** What of a catalogue is new to a user: an item is known by its id, else by its title. */
export function newItems<T extends { item: Item }>(catalogue: readonly T[], history: readonly HistoryItem[]): T[] {
  const ids = new Set(history.map(({ id }) => id));
  const titles = new Set(history.map(({ title }) => title));
  const titlesWithoutId = new Set(history.filter(({ id }) => id === undefined).map(({ title }) => title));
  return catalogue.filter(({ item: { id, title } }) =>
    id === undefined ? !titles.has(title) : !ids.has(id) && !titlesWithoutId.has(title),
  );
}

async function* jsonLines(file: string): AsyncGenerator<unknown> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let at = 0;
  for await (const line of lines) {
    at++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new TallrecError('VALIDATION_FAILED', `Line ${at} of the rows that the edge sent is not JSON.`, {
        fix: 'Validate the dataset again.',
        cause,
      });
    }
    yield value;
  }
}
