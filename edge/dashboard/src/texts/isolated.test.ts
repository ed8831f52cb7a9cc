import { expect, it } from 'vitest';
import { isolated } from './isolated.ts';

it('leaves names alone that read from left to right', () => {
  for (const name of ['movies', 'K 64', 'Кино', '東京 (1953)']) expect(isolated(name)).toBe(name);
});

it('closes off what could turn round the rest of a sentence, and lets nothing out of it', () => {
  expect(isolated('סרטים 64')).toBe('\u2068סרטים 64\u2069');
  expect(isolated('أفلام')).toBe('\u2068أفلام\u2069');
  expect(isolated('a\u202eb')).toBe('\u2068ab\u2069');
  expect(isolated('a\u2069\u202eb\u2066')).toBe('\u2068ab\u2069');
});
