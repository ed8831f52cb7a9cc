import { expect, it } from 'vitest';
import { filmRows, type RankedFilms, rankingVerdict } from './ranked-films.ts';

const ranked: RankedFilms = {
  ...{ user: '7', history: [] },
  ranking: [2, 0, 1, 3].map((index, place) => ({
    ...{ index, candidate: { title: `film ${index}` }, score: 0.9 - place / 10, yesLogit: 0, noLogit: 0 },
    ...(index === 0 ? { blendScore: 0.33 } : {}),
  })),
  liked: [false, true, true, false],
  popularity: [5, 5, 9, 0],
};

it('has each film with its place by popularity, those that stand level at the mean of their places', () => {
  expect(filmRows(ranked)).toEqual([
    { title: 'film 2', popularityPlace: 1, score: 0.9, liked: true },
    { title: 'film 0', popularityPlace: 2.5, score: 0.33, liked: false },
    { title: 'film 1', popularityPlace: 2.5, score: expect.closeTo(0.7), liked: true },
    { title: 'film 3', popularityPlace: 4, score: expect.closeTo(0.6), liked: false },
  ]);
});

it('counts the pairs that each order has right, level ones by half', () => {
  expect(rankingVerdict(ranked)).toContain(
    'Of the 4 pairs of a film they liked and one they did not, this order has 3 right, popularity 3.5.',
  );
});
