import { blendLogit, blendSchema } from '@tallrec/shared/blend';
import { auc, historyShare, itemPopularity } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { describe, expect, test } from 'vitest';
import { fitBlend } from './fit-blend.ts';

/** Likes depend on the model's logit, on the history, and on whether the item is popular: each knows a part. */
function draw(count: number, seed: number) {
  const random = Random.seeded(seed);
  const samples: LabelledSample[] = [];
  const logits = [];
  for (let i = 0; i < count; i++) {
    const history = Array.from({ length: 10 }, (_, j) => ({ title: `h${j}`, liked: random.uniform() < 0.5 }));
    const item = random.integer(0, 9);
    const logit = random.normal();
    const share = historyShare({ history });
    const liked = random.uniform() < 1 / (1 + Math.exp(-(logit + 4 * (share - 0.5) + 0.5 * (item - 4.5))));
    samples.push({ noun: 'movie', history, target: { title: `item ${item}` }, liked });
    logits.push({ yesLogit: logit / 2, noLogit: -logit / 2 });
  }
  return { samples, logits };
}

describe('the blend', () => {
  const [train, valid, test_] = [draw(2000, 1), draw(500, 2), draw(1000, 3)];
  const blend = fitBlend(valid.samples, valid.logits, train.samples)!;
  const popularity = itemPopularity(train.samples);
  const aucOf = (score: (index: number) => number) =>
    auc(test_.samples.map(({ liked }, index) => ({ score: score(index), liked })))!;

  test('orders samples that it has not seen better than each of its parts', () => {
    const plain = blendLogit(blend);
    const whole = blendLogit(blend, popularity);
    const model = aucOf((i) => test_.logits[i]!.yesLogit);
    const rule = aucOf((i) => historyShare(test_.samples[i]!));
    const blended = aucOf((i) => plain(test_.samples[i]!, test_.logits[i]!));
    expect(blended).toBeGreaterThan(Math.max(model, rule) + 0.01);
    expect(aucOf((i) => whole(test_.samples[i]!, test_.logits[i]!))).toBeGreaterThan(blended + 0.02);
    expect(blendSchema.parse(JSON.parse(JSON.stringify(blend)))).toEqual(blend);
    expect(blend.samples).toBe(500);
  });

  test('does without popularity where there are no training samples, and is none where little is known', () => {
    expect(fitBlend(valid.samples, valid.logits, [])).toEqual({ ...blend, withPopularity: null });
    expect(fitBlend(valid.samples.slice(0, 9), valid.logits, train.samples)).toBeNull();
    const liked = valid.samples.map((sample) => ({ ...sample, liked: true }));
    expect(fitBlend(liked, valid.logits, train.samples)).toBeNull();
  });

  test('a blend that knows no popularity scores the same with training samples and without', () => {
    const known = blendLogit({ ...blend, withPopularity: null }, popularity);
    const [sample, logits] = [test_.samples[0]!, test_.logits[0]!];
    expect(known(sample, logits)).toBe(blendLogit(blend)(sample, logits));
  });
});
