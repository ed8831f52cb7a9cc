// A control: logistic regression on what a glance at the sample tells, with the ridge chosen on validation.
import { type ItemCounts, ItemOpinions, userOf } from '@tallrec/shared/item-opinions';
import { historyShare } from '@tallrec/shared/metrics';
import type { Item, LabelledSample, Sample } from '@tallrec/shared/sample';
import { fitLogistic } from '../train/logistic-regression.ts';
import { throwIfCancelled } from './cancelled.ts';
import { bestOnValidation, validationAuc } from './choose.ts';
import type { Method } from './method.ts';

const RIDGES = [1, 10, 100];
const YEAR = /\((\d{4})\)\s*$/;

export const logisticFeaturesMethod: Method = {
  name: 'logistic-regression',
  title: 'Logistic regression',
  kind: 'control',
  settings: { ridges: RIDGES },
  fit: async ({ train, valid }, options) => {
    throwIfCancelled(options.signal);
    const opinions = new ItemOpinions(train);
    const featuresOf = (sample: Sample) => features(sample, opinions.of(sample.target));
    const rows = train.map((sample, index) => features(sample, opinions.of(sample.target, userOf(sample, index))));
    const labels = train.map(({ liked }) => liked);
    if (!labels.includes(true) || !labels.includes(false)) return constant();
    const { fitted, setting } = await bestOnValidation(
      RIDGES,
      (ridge) => {
        const { bias, weights } = fitLogistic(rows, labels, { ridge });
        const score = (sample: Sample) => featuresOf(sample).reduce((sum, value, i) => sum + weights[i]! * value, bias);
        return { fitted: score, validAuc: validationAuc(valid, score) };
      },
      options,
    );
    return {
      logOdds: true,
      chosen: { ridge: setting },
      score: async (samples, { signal } = {}) => {
        throwIfCancelled(signal);
        return samples.map(fitted);
      },
    };
  },
};

/** Shots of one class alone teach nothing: all samples are alike. */
function constant(): Awaited<ReturnType<Method['fit']>> {
  return { chosen: { oneClassOnly: true }, score: async (samples) => samples.map(() => 0) };
}

function features(sample: Sample, { likes, ratings }: ItemCounts): number[] {
  const { history, target } = sample;
  return [
    historyShare(sample),
    Math.log1p(likes),
    Math.log1p(ratings - likes),
    (likes + 1) / (ratings + 2),
    balance(history, (item) => target.by !== undefined && item.by === target.by),
    balance(history, (item) => sharesWord(item, target)),
    yearOf(target),
  ];
}

/** Likes minus dislikes among the items of a history that a test picks. */
function balance(history: readonly LabelledSample['history'][number][], picks: (item: Item) => boolean): number {
  return history.filter(picks).reduce((sum, { liked }) => sum + (liked ? 1 : -1), 0);
}

/** Words of four letters and more: "the" is in every other title. */
function sharesWord(a: Item, b: Item): boolean {
  const words = (title: string) => title.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  const own = new Set(words(a.title));
  return words(b.title).some((word) => own.has(word));
}

/** Decades since 1900, where a title ends in its year. */
function yearOf({ title }: Item): number {
  const year = YEAR.exec(title)?.[1];
  return year === undefined ? 0 : (Number(year) - 1900) / 10;
}
