import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelledSampleSchema, parsePublishedRow, toInstructionRow } from './sample.ts';

describe('parsePublishedRow', () => {
  it('reads books with their authors', () => {
    const row = {
      instruction: 'any',
      input:
        'User Preference: "Sula" written by Toni Morrison, "One, Two" written by A. B, Jr.\nUser Unpreference: \nWhether the user will like the target book ""Epitaph" written by D. M."?',
      output: 'No.',
    };
    const parsed = parsePublishedRow(row);
    expect(parsed).toEqual({
      sample: {
        noun: 'book',
        history: [
          { title: 'Sula', by: 'Toni Morrison', liked: true },
          { title: 'One, Two', by: 'A. B, Jr.', liked: true },
        ],
        target: { title: 'Epitaph', by: 'D. M.' },
        liked: false,
      },
    });
    if ('sample' in parsed) expect(toInstructionRow(parsed.sample).input).toBe(row.input);
  });

  it.each([
    [{ instruction: 'i', input: 'no such form', output: 'Yes.' }, /three lines/],
    [
      {
        instruction: 'i',
        input: 'User Preference: \nUser Unpreference: \nWhether the user will like the target movie "A"?',
        output: 'Maybe.',
      },
      /"Yes\." or "No\."/,
    ],
  ])('says what is wrong with %j', (row, problem) => {
    const parsed = parsePublishedRow(row);
    expect('problem' in parsed && parsed.problem).toMatch(problem);
  });

  it('is the inverse of toInstructionRow for titles without quotes that do not end in a comma and a space', () => {
    const text = fc.string({ minLength: 1, maxLength: 30 }).filter((title) => !/["\n]|, $/.test(title));
    const item = fc.record({ title: text, by: fc.option(text, { nil: undefined }) }, { requiredKeys: ['title'] });
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 6 }),
        fc.array(item, { maxLength: 6 }),
        item,
        fc.boolean(),
        (likes, dislikes, target, liked) => {
          const sample = labelledSampleSchema.parse({
            noun: 'book',
            history: [...likes.map((i) => ({ ...i, liked: true })), ...dislikes.map((i) => ({ ...i, liked: false }))],
            target,
            liked,
          });
          const row = toInstructionRow(sample);
          const parsed = parsePublishedRow(row);
          expect('sample' in parsed && toInstructionRow(parsed.sample)).toEqual(row);
          expect('sample' in parsed && parsed.sample.history.length).toBe(sample.history.length);
        },
      ),
      { examples: [[[{ title: 'One, Two' }], [{ title: ',' }], { title: ', a' }, false]] },
    );
  });
});
