// A control: EASE on the items that users like (Steck, WWW 2019), an autoencoder of one layer in closed form, its ridge chosen on validation.
import { opinionsOf } from '@tallrec/shared/item-opinions';
import { itemKey } from '@tallrec/shared/metrics';
import type { LabelledSample, Sample } from '@tallrec/shared/sample';
import { throwIfCancelled } from './cancelled.ts';
import { bestOnValidation, validationAuc } from './choose.ts';
import type { Method } from './method.ts';

const RIDGES = [1, 10, 100, 1000];

export const easeMethod: Method = {
  name: 'ease',
  title: 'EASE',
  kind: 'control',
  settings: { ridges: RIDGES },
  fit: async ({ train, valid }, options) => {
    throwIfCancelled(options.signal);
    const { fitted, setting } = await bestOnValidation(
      RIDGES,
      (ridge) => {
        const score = fitEase(train, ridge);
        return { fitted: score, validAuc: validationAuc(valid, score) };
      },
      options,
    );
    return {
      chosen: { ridge: setting },
      score: async (samples, { signal } = {}) => {
        throwIfCancelled(signal);
        return samples.map(fitted);
      },
    };
  },
};

/**
 * With X [users, items] of likes and P = (XᵀX + ridge·I)⁻¹ the weights are B = I − P / diag(P), and a target's score is the sum of
 * B over the liked items of the history. By Woodbury's identity with G = (XXᵀ + ridge·I)⁻¹ [users, users], of which there are fewer:
 * B[j, t] = xⱼᵀ G xₜ / (1 − xₜᵀ G xₜ) for j ≠ t, x the columns of X.
 * @returns the score of any sample; items that nobody liked count for nothing
 */
export function fitEase(train: readonly LabelledSample[], ridge: number): (sample: Sample) => number {
  const fans = new Map<string, number[]>();
  const users = new Map<string, number>();
  for (const { user, item, liked } of opinionsOf(train)) {
    if (!liked) continue;
    if (!users.has(user)) users.set(user, users.size);
    const own = fans.get(item);
    if (own) own.push(users.get(user)!);
    else fans.set(item, [users.get(user)!]);
  }
  const n = users.size;
  const gram = new Float64Array(n * n);
  for (const own of fans.values()) for (const a of own) for (const b of own) gram[a * n + b]! += 1;
  for (let a = 0; a < n; a++) gram[a * n + a]! += ridge;
  const inverse = inverseOf(gram, n);
  const product = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, a) => right.reduce((part, b) => part + inverse[a * n + b]!, sum), 0);
  return ({ history, target }) => {
    const key = itemKey(target);
    const own = fans.get(key);
    if (!own) return 0;
    const liked = history.filter((item) => item.liked && itemKey(item) !== key);
    const sum = liked.reduce((total, item) => total + product(fans.get(itemKey(item)) ?? [], own), 0);
    return sum / (1 - product(own, own));
  };
}

/** Of a symmetric positive definite matrix [n, n], by Cholesky's decomposition. */
function inverseOf(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j]!;
    }
  }
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let c = 0; c < n; c++) {
    for (let i = c; i < n; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= lower[i * n + k]! * column[k]!;
      column[i] = sum / lower[i * n + i]!;
    }
    for (let i = n - 1; i >= c; i--) {
      let sum = column[i]!;
      for (let k = i + 1; k < n; k++) sum -= lower[k * n + i]! * column[k]!;
      column[i] = sum / lower[i * n + i]!;
    }
    for (let i = c; i < n; i++) {
      inverse[i * n + c] = column[i]!;
      inverse[c * n + i] = column[i]!;
    }
  }
  return inverse;
}
