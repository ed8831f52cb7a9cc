// Samples to learn by heart and sentence embeddings without a model, for tests of the conventional methods.
import { createHash } from 'node:crypto';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { SentenceEncoder } from './sentence-encoder.ts';

/** Histories of ten among `items` items, targets and labels by chance, half of them liked. */
export function seededSamples(count: number, { items = 40, seed = 0 } = {}): LabelledSample[] {
  const random = Random.seeded(seed);
  const titles = Array.from({ length: items }, (_, i) => `Item ${i}`);
  return Array.from({ length: count }, (_, i) => {
    const [target, ...history] = random.shuffle(titles).slice(0, 11);
    return {
      user: `user ${i % 8}`,
      noun: 'movie',
      history: history.map((title) => ({ title, liked: random.uniform() < 0.6 })),
      target: { title: target! },
      liked: i % 2 === 0,
    };
  });
}

/** Unit vectors that follow from the text alone. */
export const seededEncoder: SentenceEncoder = {
  contentHash: async () => 'seeded',
  embed: async (texts) =>
    texts.map((text) => {
      const random = Random.seeded(createHash('sha256').update(text).digest().readInt32LE());
      const values = Float32Array.from({ length: 12 }, () => random.normal());
      const norm = Math.hypot(...values);
      return values.map((value) => value / norm);
    }),
};
