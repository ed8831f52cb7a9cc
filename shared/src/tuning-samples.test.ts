import fc from 'fast-check';
import { expect, it } from 'vitest';
import { paperSplit, paperSplitSizes, samplingSchema } from './interactions.ts';
import type { LabelledSample } from './sample.ts';
import { tuningSamples } from './tuning-samples.ts';

const sampling = samplingSchema.parse({});

it('splits in numbers as the paper’s split does, in any proportion', () => {
  const part = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      part,
      part,
      part,
      (n, last, a, b, c) => {
        const samples = Array.from({ length: n }, (_, at): LabelledSample => {
          return { noun: 'movie', history: [], target: { title: `Film ${at}` }, liked: true };
        });
        const options = { last, parts: [a, b, c] as [number, number, number] };
        const { train, valid, test } = paperSplit(samples, options);
        const sizes = { train: train.length, valid: valid.length, test: test.length };
        expect(paperSplitSizes(n, options)).toEqual({ unused: Math.max(0, n - last), ...sizes });
        expect([...train, ...valid, ...test]).toEqual(samples.slice(Math.max(0, n - last)));
      },
    ),
  );
});

it('counts what a tuning learns from and is judged by, of each kind of data', () => {
  const of = (kind: 'samples' | 'interactions' | 'instructions', samples: number) => ({ kind, sampling, samples });
  expect(tuningSamples(of('interactions', 20_000), null, undefined)).toEqual({ train: 8000, valid: 1000 });
  expect(tuningSamples(of('interactions', 20_000), null, 64)).toEqual({ train: 64, valid: 1000 });
  expect(tuningSamples(of('samples', 55), null, undefined)).toEqual({ train: 50, valid: 5 });
  expect(tuningSamples(of('instructions', 2), null, 64)).toEqual({ train: 1, valid: 1 });
  expect(tuningSamples(of('samples', 55), of('interactions', 30), 64)).toEqual({ train: 55, valid: 30 });
  expect(tuningSamples(of('interactions', 100), of('samples', 7), 64)).toEqual({ train: 64, valid: 7 });
});
