// Small draws from the seeded generator.
import type { Random } from '@tallrec/shared/random';

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(0, items.length - 1)]!;
}

export function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** `count` of the items in random order; all of them where there are fewer. */
export function some<T>(random: Random, items: readonly T[], count: number): T[] {
  return random.shuffle(items).slice(0, count);
}
