// A control: logistic matrix factorisation (Johnson, 2014, with dislikes as the negative class) of the opinions within the shots.
// The user of a sample to score is new to it: bias and factors are fit to the sample's history, with the items as they are.
import { type Opinion, opinionsOf } from '@tallrec/shared/item-opinions';
import { itemKey } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { Sample } from '@tallrec/shared/sample';
import { throwIfCancelled } from './cancelled.ts';
import { bestOnValidation, validationAuc } from './choose.ts';
import type { FittedMethod, Method } from './method.ts';

interface Setting {
  factors: number;
  ridge: number;
}

const GRID: Setting[] = [4, 16].flatMap((factors) => [0.02, 0.1, 0.5].map((ridge) => ({ factors, ridge })));
const EPOCHS = 40;
const FOLD_IN_EPOCHS = 20;
const LEARNING_RATE = 0.1;

export const matrixFactorisationMethod: Method = {
  name: 'matrix-factorisation',
  title: 'Matrix factorisation',
  kind: 'control',
  settings: { grid: GRID, epochs: EPOCHS, foldInEpochs: FOLD_IN_EPOCHS, learningRate: LEARNING_RATE },
  fit: async ({ train, valid }, { seed, ...options }): Promise<FittedMethod> => {
    throwIfCancelled(options.signal);
    const opinions = opinionsOf(train);
    const { fitted, setting } = await bestOnValidation(
      GRID,
      (candidate) => {
        const factorisation = factorise(opinions, candidate, Random.seeded(seed));
        const score = (sample: Sample) => scoreOf(factorisation, sample);
        return { fitted: score, validAuc: validationAuc(valid, score) };
      },
      options,
    );
    return {
      chosen: { factors: setting.factors, ridge: setting.ridge },
      score: async (samples, { signal } = {}) => {
        throwIfCancelled(signal);
        return samples.map(fitted);
      },
    };
  },
};

/** A user or an item: [bias, factors], with AdaGrad's sums of squared gradients. */
class Embedding {
  readonly values: Float64Array;
  readonly #squares: Float64Array;

  constructor(values: Float64Array) {
    this.values = values;
    this.#squares = new Float64Array(values.length).fill(1e-2);
  }

  descend(at: number, gradient: number): void {
    this.#squares[at]! += gradient * gradient;
    this.values[at]! -= (LEARNING_RATE * gradient) / Math.sqrt(this.#squares[at]!);
  }
}

interface Factorisation {
  setting: Setting;
  /** Log-odds of a like over all opinions. */
  mean: number;
  items: Map<string, Embedding>;
}

function factorise(opinions: readonly Opinion[], setting: Setting, random: Random): Factorisation {
  const likes = opinions.filter(({ liked }) => liked).length;
  const mean = Math.log((likes + 1) / (opinions.length - likes + 1));
  const small = () =>
    new Embedding(Float64Array.from({ length: setting.factors + 1 }, (_, i) => (i === 0 ? 0 : random.normal() * 0.1)));
  const [users, items] = [new Map<string, Embedding>(), new Map<string, Embedding>()];
  for (const { user, item } of opinions) {
    if (!users.has(user)) users.set(user, small());
    if (!items.has(item)) items.set(item, small());
  }
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const { user, item, liked } of random.shuffle(opinions)) {
      const [u, i] = [users.get(user)!, items.get(item)!];
      learn(u, i, liked, mean, setting.ridge, true);
    }
  }
  return { setting, mean, items };
}

/** One step on −log p(liked) + ridge/2 (|user|² + |item|²); biases are not part of the product. */
function learn(user: Embedding, item: Embedding, liked: boolean, mean: number, ridge: number, both: boolean): void {
  const error = 1 / (1 + Math.exp(-logOdds(user, item, mean))) - (liked ? 1 : 0);
  for (let f = 0; f < user.values.length; f++) {
    const [u, i] = [user.values[f]!, item.values[f]!];
    user.descend(f, error * (f === 0 ? 1 : i) + ridge * u);
    if (both) item.descend(f, error * (f === 0 ? 1 : u) + ridge * i);
  }
}

function logOdds(user: Embedding, item: Embedding, mean: number): number {
  let sum = mean + user.values[0]! + item.values[0]!;
  for (let f = 1; f < user.values.length; f++) sum += user.values[f]! * item.values[f]!;
  return sum;
}

/** Items that the shots do not hold are taken as the mean item. */
function scoreOf({ setting, mean, items }: Factorisation, { history, target }: Sample): number {
  const unknown = () => new Embedding(new Float64Array(setting.factors + 1));
  const user = unknown();
  const seen = history.map((event) => ({ item: items.get(itemKey(event)) ?? unknown(), liked: event.liked }));
  for (let epoch = 0; epoch < FOLD_IN_EPOCHS; epoch++) {
    for (const { item, liked } of seen) learn(user, item, liked, mean, setting.ridge, false);
  }
  return logOdds(user, items.get(itemKey(target)) ?? unknown(), mean);
}
