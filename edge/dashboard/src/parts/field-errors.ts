// The problems that a schema finds in a form, in plain words, by the field at which they are shown.
import type { z } from 'zod';
import { texts } from '../texts.ts';
import { formatNumber } from './formats.tsx';

const words = texts.fields;

export function fieldErrors(schema: z.ZodType, body: unknown): Record<string, string> {
  const result = schema.safeParse(body);
  if (result.success) return {};
  // Of several at one field the first is shown.
  return Object.fromEntries(result.error.issues.map((issue) => [issue.path.join('.'), problemOf(issue)]).toReversed());
}

/** What the shared schemas say in words of their own is shown as it is. */
function problemOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' || isNoNumber(issue) ? words.whole : words.missing;
    case 'too_small':
      if (issue.origin === 'array') return words.chooseOne;
      if (issue.origin === 'string') return words.missing;
      return issue.inclusive
        ? words.atLeast(formatNumber(Number(issue.minimum)))
        : words.moreThan(formatNumber(Number(issue.minimum)));
    case 'too_big':
      return issue.origin === 'string'
        ? words.atMostCharacters(formatNumber(Number(issue.maximum)))
        : words.atMost(formatNumber(Number(issue.maximum)));
    default:
      return issue.message;
  }
}

function isNoNumber(issue: z.core.$ZodIssue): boolean {
  return 'received' in issue && issue.received === 'NaN';
}

/** Of an object: what was left empty is left out, so that the API's own defaults hold. */
export function filled<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined),
  ) as Partial<T>;
}
