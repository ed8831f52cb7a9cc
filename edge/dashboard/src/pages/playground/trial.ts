// What is tried in the playground: a history, and candidates for it; kept by the browser until its window is closed.
import { LIMITS } from '@tallrec/shared/limits';
import { itemKey } from '@tallrec/shared/metrics';
import type { Template } from '@tallrec/shared/prompt';
import {
  DEFAULT_NOUN,
  historyItemSchema,
  type Item,
  itemSchema,
  nounSchema,
  type Sample,
} from '@tallrec/shared/sample';
import type { DatasetHistories, DatasetItems } from '@tallrec/shared/wire/datasets';
import type { RankRequest, ScoreRequest } from '@tallrec/shared/wire/score';
import { z } from 'zod';

const candidateSchema = itemSchema.extend({
  /** Where it is what the person came to next: whether they liked it, if that is known. */
  next: z.object({ liked: z.boolean().nullable() }).optional(),
  /** How many liked it in the dataset, where it was picked from one. */
  likes: z.number().optional(),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const trialSchema = z.object({
  noun: nounSchema.catch(DEFAULT_NOUN),
  /** Whose people it began with. */
  dataset: z.string().nullable(),
  /** Whose history it began as: see `personKey`. */
  user: z.string().nullable(),
  history: z.array(historyItemSchema).max(LIMITS.historyItems),
  candidates: z.array(candidateSchema).max(LIMITS.rankCandidates),
});
export type Trial = z.infer<typeof trialSchema>;

export const EMPTY: Trial = { noun: DEFAULT_NOUN, dataset: null, user: null, history: [], candidates: [] };

export type Person = DatasetHistories['histories'][number];
export type KnownItem = DatasetItems['items'][number];

/** How many candidates of the popular ones are drawn at once. */
export const DRAWN = 9;

export const isIn = (items: readonly Item[], item: Item) => items.some((other) => itemKey(other) === itemKey(item));

/** Those without a name are told apart by their place in the list. */
export const personKey = ({ user }: Person, index: number) => user ?? `#${index}`;

/** A person's history in place of the one before, with what came next among the candidates; the others stay if they fit. */
export function withPerson(trial: Trial, { noun, history, next }: Person, user: string): Trial {
  const { liked, ...item } = next;
  const others = trial.candidates.filter(
    (other) => !other.next && !isIn(history, other) && itemKey(other) !== itemKey(item),
  );
  return { ...trial, noun, user, history, candidates: [{ ...item, next: { liked } }, ...others] };
}

/** With the most popular items that are neither in the history nor among the candidates yet. */
export function withPopular(trial: Trial, items: readonly KnownItem[], count = DRAWN): Trial {
  const fresh = items.filter((item) => !isIn(trial.history, item) && !isIn(trial.candidates, item));
  return fresh.slice(0, count).reduce(withCandidate, trial);
}

/** @param item of a dataset, or typed */
export function withCandidate(trial: Trial, item: Item | KnownItem): Trial {
  const full = trial.candidates.length >= LIMITS.rankCandidates;
  if (full || isIn(trial.candidates, item)) return trial;
  const likes = 'liked' in item ? { likes: item.liked } : {};
  return { ...trial, candidates: [...trial.candidates, { ...bare(item), ...likes }] };
}

export function withoutCandidate(trial: Trial, candidate: Item): Trial {
  return { ...trial, candidates: trial.candidates.filter((other) => itemKey(other) !== itemKey(candidate)) };
}

/** The newest stands last, as in the dataset. */
export function withRead(trial: Trial, item: Item): Trial {
  if (trial.history.length >= LIMITS.historyItems || isIn(trial.history, item)) return trial;
  return { ...trial, history: [...trial.history, { ...bare(item), liked: true }] };
}

export function withoutRead(trial: Trial, at: number): Trial {
  return { ...trial, history: trial.history.toSpliced(at, 1) };
}

export function withLiked(trial: Trial, at: number, liked: boolean): Trial {
  return { ...trial, history: trial.history.with(at, { ...trial.history[at]!, liked }) };
}

/** @param by -1 is a place earlier, 1 a place later */
export function withMoved(trial: Trial, at: number, by: -1 | 1): Trial {
  const to = at + by;
  if (to < 0 || to >= trial.history.length) return trial;
  const moved = trial.history.with(at, trial.history[to]!).with(to, trial.history[at]!);
  return { ...trial, history: moved };
}

function bare({ title, by, id }: Item): Item {
  return { title, ...(by === undefined ? {} : { by }), ...(id === undefined ? {} : { id }) };
}

/** Who answers. */
export interface Choice {
  model: string;
  /** A content hash or an alias; null where the model answers alone. */
  adapter: string | null;
  template: Template;
  /** A dataset of facts in place of those that the adapter was tuned with. */
  items?: string | undefined;
}

const asked = ({ model, adapter, items, template }: Choice) => ({
  model,
  ...(adapter ? { adapter } : {}),
  ...(items ? { items } : {}),
  template,
});
const read = ({ history }: Trial) => history.map(({ liked, id: _, ...item }) => ({ ...bare(item), liked }));

/** As little as says it all: it is shown to people as the body of their own request. */
export function rankRequest(trial: Trial, choice: Choice): RankRequest {
  return { ...asked(choice), noun: trial.noun, history: read(trial), candidates: trial.candidates.map(bare) };
}

export function sampleOf(trial: Trial, candidate: Item): Sample {
  return { noun: trial.noun, history: read(trial), target: bare(candidate) };
}

export function scoreRequest(trial: Trial, choice: Choice, candidate: Item): ScoreRequest {
  return { ...asked(choice), samples: [sampleOf(trial, candidate)] };
}
