import type { LabelledSample } from '@tallrec/shared/sample';
import { expect, it } from 'vitest';
import { fitEase } from './ease.ts';

const sample = (user: string, likes: string[]): LabelledSample => ({
  user,
  noun: 'movie',
  history: likes.slice(1).map((title) => ({ title, liked: true })),
  target: { title: likes[0]! },
  liked: true,
});

it('EASE gives the weights of its closed form', () => {
  const train = [sample('a', ['X', 'Y']), sample('b', ['X', 'Y']), sample('c', ['X', 'Z'])];
  const ridge = 2;
  const score = fitEase(train, ridge);
  // (XᵀX + 2 I) with items X, Y, Z, inverted by hand: its determinant is 43.
  const matrix = [
    [5, 2, 1],
    [2, 4, 0],
    [1, 0, 3],
  ];
  const [a, b, c] = matrix as [number[], number[], number[]];
  const determinant =
    a[0]! * (b[1]! * c[2]! - b[2]! * c[1]!) -
    a[1]! * (b[0]! * c[2]! - b[2]! * c[0]!) +
    a[2]! * (b[0]! * c[1]! - b[1]! * c[0]!);
  const cofactors = {
    yx: -(a[1]! * c[2]! - a[2]! * c[1]!),
    yy: a[0]! * c[2]! - a[2]! * c[0]!,
    yz: -(a[0]! * c[1]! - a[1]! * c[0]!),
  };
  const [pxy, pyy, pyz] = [cofactors.yx, cofactors.yy, cofactors.yz].map((value) => value / determinant) as [
    number,
    number,
    number,
  ];
  const of = (likes: string[], target: string) =>
    score({ noun: 'movie', history: likes.map((title) => ({ title, liked: true })), target: { title: target } });
  expect(of(['X'], 'Y')).toBeCloseTo(-pxy / pyy, 10);
  expect(of(['Z'], 'Y')).toBeCloseTo(-pyz / pyy, 10);
  expect(of(['X', 'Z'], 'Y')).toBeCloseTo(-(pxy + pyz) / pyy, 10);
  // An item says nothing of itself, nor does one that nobody has liked.
  expect(of(['Y', 'heard of by none'], 'Y')).toBe(0);
  expect(of(['X'], 'heard of by none')).toBe(0);
  const disliked = { noun: 'movie', history: [{ title: 'X', liked: false }], target: { title: 'Y' } };
  expect(score(disliked)).toBe(0);
});
