// Finds which samples belong to one user where a file names none, from the way TALLRec makes them.
import type { HistoryItem, LabelledSample } from '@tallrec/shared/sample';

/**
 * A user's samples follow each other, and each history is the one before without its oldest item and with the last target. Where
 * that holds exactly between two neighbours they are one user's; where it does not, a new user begins.
 * @returns a name for each sample; undefined for samples whose neighbours do not continue them
 */
export function inferUsers(samples: readonly LabelledSample[]): (string | undefined)[] {
  const users: (string | undefined)[] = samples.map(() => undefined);
  let name = '';
  for (let i = 1; i < samples.length; i++) {
    if (!continues(samples[i - 1]!, samples[i]!)) continue;
    if (users[i - 1] === undefined) name = `inferred-${i}`;
    users[i - 1] = name;
    users[i] = name;
  }
  return users;
}

/** Samples of which none names a user, with those that could be found; others as they are. */
export function withInferredUsers(samples: LabelledSample[]): LabelledSample[] {
  if (samples.some(({ user }) => user !== undefined)) return samples;
  const users = inferUsers(samples);
  return samples.map((sample, index) => (users[index] === undefined ? sample : { ...sample, user: users[index] }));
}

function continues(before: LabelledSample, after: LabelledSample): boolean {
  const length = before.history.length;
  if (length < 2 || after.history.length !== length || before.noun !== after.noun) return false;
  const rest = new Map<string, number>();
  for (const item of after.history) rest.set(keyOf(item), (rest.get(keyOf(item)) ?? 0) + 1);
  const take = (key: string) => {
    const count = rest.get(key) ?? 0;
    if (count > 0) rest.set(key, count - 1);
    return count > 0;
  };
  if (!take(keyOf({ ...before.target, liked: before.liked }))) return false;
  return before.history.filter((item) => take(keyOf(item))).length === length - 1;
}

function keyOf({ title, by, liked }: HistoryItem): string {
  return JSON.stringify([title, by, liked]);
}
