import { blender, probabilityOf, wholeBlendSchema } from '@tallrec/shared/blend';
import { itemPopularity } from '@tallrec/shared/item-opinions';
import { auc, expectedCalibrationError, historyShare, perUserAuc, scoreBins } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { describe, expect, test } from 'vitest';
import { fitBlend } from './fit-blend.ts';

/** Likes depend on the model's logit, on how generous the user is, and on the item: each is known to one part of the blend. */
function draw(users: number, seed: number) {
  const random = Random.seeded(seed);
  const samples: LabelledSample[] = [];
  const logits = [];
  for (let user = 0; user < users; user++) {
    const generous = random.normal();
    const isLiked = (item: number, logit: number) =>
      random.uniform() < probabilityOf(logit + generous + 0.5 * (item - 4.5));
    for (let i = 0; i < 20; i++) {
      const history = Array.from({ length: 10 }, () => {
        const item = random.integer(0, 9);
        return { title: `item ${item}`, liked: isLiked(item, random.normal()) };
      });
      const item = random.integer(0, 9);
      const logit = random.normal();
      const liked = isLiked(item, logit);
      samples.push({ user: `${seed}-${user}`, noun: 'movie', history, target: { title: `item ${item}` }, liked });
      logits.push({ yesLogit: logit / 2, noLogit: -logit / 2 });
    }
  }
  return { samples, logits };
}

describe('the blend', () => {
  const [train, valid, unseen] = [draw(40, 1), draw(40, 2), draw(60, 3)];
  const blend = fitBlend(valid.samples, valid.logits, train.samples)!;
  const blended = blender(blend);
  const scores = unseen.samples.map((sample, i) => blended(sample, unseen.logits[i]!));
  const rowsOf = (score: (index: number) => number) =>
    unseen.samples.map(({ liked, user }, index) => ({ score: score(index), liked, user }));
  const popularity = itemPopularity(train.samples);

  test('ranks within users, and scores over all rows, better than each of its parts', () => {
    const parts = [
      (i: number) => unseen.logits[i]!.yesLogit,
      (i: number) => historyShare(unseen.samples[i]!),
      (i: number) => popularity(unseen.samples[i]!),
    ].map(rowsOf);
    const best = (of: (rows: ReturnType<typeof rowsOf>) => number) => Math.max(...parts.map(of));
    expect(perUserAuc(rowsOf((i) => scores[i]!.rank)).mean!).toBeGreaterThan(
      best((rows) => perUserAuc(rows).mean!) + 0.02,
    );
    expect(auc(rowsOf((i) => scores[i]!.logOdds))!).toBeGreaterThan(best((rows) => auc(rows)!) + 0.02);
    expect(wholeBlendSchema.parse(JSON.parse(JSON.stringify(blend)))).toEqual(blend);
    expect(blend).toMatchObject({ samples: 800, users: 40 });
  });

  test('its probabilities are calibrated on users that it has not seen', () => {
    const bins = scoreBins(
      rowsOf((i) => probabilityOf(scores[i]!.logOdds)),
      { low: 0, high: 1, count: 10 },
    );
    expect(expectedCalibrationError(bins)).toBeLessThan(0.06);
  });

  test('for one history both stages order alike', () => {
    const [first] = unseen.samples;
    const candidates = Array.from({ length: 10 }, (_, i) => ({ ...first!, target: { title: `item ${i}` } }));
    const of = candidates.map((sample, i) => blended(sample, unseen.logits[i]!));
    const order = (key: 'rank' | 'logOdds') => of.map((_, i) => i).toSorted((a, b) => of[b]![key] - of[a]![key]);
    expect(order('rank')).toEqual(order('logOdds'));
    // Where r misleads over all rows, p leaves it out.
    const liked = valid.samples.map((sample) => ({ ...sample, user: undefined }));
    const backwards = valid.logits.map((_, i) => ({ yesLogit: valid.samples[i]!.liked ? -9 : 9, noLogit: 0 }));
    expect(fitBlend(liked, backwards, [])!.score.rank).toBe(0);
  });

  test('users who train do not validate; where there are no others r keeps its prior weights', () => {
    const both = [...valid.samples, ...train.samples];
    const logits = [...valid.logits, ...train.logits];
    expect(fitBlend(both, logits, train.samples)).toEqual(blend);
    const straddling = fitBlend(valid.samples, valid.logits, [...train.samples, ...valid.samples])!;
    expect(straddling).toMatchObject({ users: 0, samples: 800 });
    const unnamed = fitBlend(
      valid.samples.map(({ user: _, ...sample }) => sample),
      valid.logits,
      train.samples,
    )!;
    expect(unnamed.users).toBe(0);
    expect(unnamed.rank.logit).toBeCloseTo(straddling.rank.logit, 9);
  });

  test('does without items where nobody trains, and is none where little is known', () => {
    expect(fitBlend(valid.samples, valid.logits, [])!.rank).toMatchObject({ fans: 0, itemMean: 0 });
    expect(fitBlend(valid.samples.slice(0, 9), valid.logits, train.samples)).toBeNull();
    const liked = valid.samples.map((sample) => ({ ...sample, liked: true }));
    expect(fitBlend(liked, valid.logits, train.samples)).toBeNull();
  });
});
