import { expect, it } from 'vitest';
import { fieldCountFault } from './field-count.ts';

it.each([
  ['1,2,A', ',', 'This row has 3 fields, the header has 5.', /^Give it a field for each column.*write each comma/],
  ['1;2;A;4;100', ',', 'This row has 1 field, the header has 5.', /^Part .* by comma.*: semicolon parts them here/],
  [
    '1,2,Heat, the film,4,100',
    ',',
    'This row has 6 fields, the header has 5.',
    /comma, or a number with a decimal comma/,
  ],
  ['1;2;A;4;100;;', ';', 'This row has 7 fields, the header has 5.', /^Take out each semicolon/],
  ['1;2;A;B;4;100', ';', 'This row has 6 fields, the header has 5.', /^Put a field that holds a semicolon in double/],
] as const)('%s gets advice that fits', (row, delimiter, problem, fix) => {
  const fields = row.split(delimiter);
  expect(fieldCountFault(fields, 5, { delimiter, byOrder: null })).toEqual({
    problem,
    fix: expect.stringMatching(fix),
  });
});
