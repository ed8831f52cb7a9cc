// Whole numbers of the wire, each with the least and the most that it can be.
import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** From 0 to its own limit, or to where nothing is counted any more. */
export function countSchema(most: number = LIMITS.count) {
  return z.number().int().min(0).max(most);
}

/** In a query or a header: digits alone, so that neither nothing nor `1e3` passes for a number. */
export function digitsSchema(least: number, most: number) {
  const digits = (text: unknown) => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text);
  return z.preprocess(
    digits,
    z.number(`expected a whole number in digits, from ${least} to ${most}`).int().min(least).max(most),
  );
}
