import { expect, it } from 'vitest';
import { Random } from './random.ts';

it('goes on exactly where a stored state left off', () => {
  const random = Random.seeded(7);
  for (let i = 0; i < 10; i++) random.uniform();
  const state = JSON.parse(JSON.stringify(random.state()));
  const rest = Array.from({ length: 20 }, () => random.integer(0, 1_000_000));
  const restored = Random.restored(state);
  expect(Array.from({ length: 20 }, () => restored.integer(0, 1_000_000))).toEqual(rest);
});

it('shuffles into a permutation that the seed decides', () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = Random.seeded(1).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  expect(Random.seeded(1).shuffle(items)).toEqual(shuffled);
  expect(Random.seeded(2).shuffle(items)).not.toEqual(shuffled);
});

it('draws normals of mean 0 and variance 1', () => {
  const random = Random.seeded(5);
  const draws = Array.from({ length: 20_000 }, () => random.normal());
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});
