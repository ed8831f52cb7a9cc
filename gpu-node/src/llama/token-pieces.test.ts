import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Tokenizer as Reference } from 'tokenizers';
import { describe, expect, test } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { piecesOf } from './token-pieces.ts';
import { loadTokenizer } from './tokenizer.ts';

const bytes = { byteLevel: true, added: new Set<string>(), continuing: '' };
const words = { byteLevel: false, added: new Set<string>(), continuing: '' };

describe('pieces', () => {
  test('of byte-level tokens are their bytes, and a character of several tokens is one', () => {
    expect(piecesOf('né to', ['n', 'Ã', '©', 'Ġto'], bytes)).toEqual(['n', 'é', ' to']);
    expect(piecesOf('a\n\nb', ['a', 'ĊĊ', 'b'], bytes)).toEqual(['a', '\n\n', 'b']);
    expect(piecesOf('née', ['nÃ', '©e'], bytes)).toEqual(['née']);
  });

  test('of added tokens are what these say', () => {
    const added = { ...bytes, added: new Set(['Amélie (2001)']) };
    expect(piecesOf('"Amélie (2001)"', ['"', 'Amélie (2001)', '"'], added)).toEqual(['"', 'Amélie (2001)', '"']);
  });

  test("of LLaMA's tokenizer have no space that it put in front, and join its bytes", () => {
    expect(piecesOf('Below is', ['▁Below', '▁is'], words)).toEqual(['Below', ' is']);
    expect(piecesOf('\nYes', ['▁', '<0x0A>', 'Yes'], words)).toEqual(['\n', 'Yes']);
    expect(piecesOf('it é', ['▁it', '▁', '<0xC3>', '<0xA9>'], words)).toEqual(['it', ' ', 'é']);
    expect(piecesOf('  a', ['▁▁▁', 'a'], words)).toEqual(['  ', 'a']);
  });

  test('of words without their space take it along', () => {
    const form = { ...words, continuing: '##' };
    expect(piecesOf('Give us\nthese: a\n', ['Give', 'u', '##s', 'these', ':', 'a'], form)).toEqual([
      'Give',
      ' u',
      's',
      '\nthese',
      ':',
      ' a\n',
    ]);
  });

  test('of what was not found are whatever stands there', () => {
    expect(piecesOf('a ☃☃ b', ['▁a', '▁', '<unk>', '▁b'], words)).toEqual(['a', ' ', '☃☃', ' b']);
    expect(piecesOf('ab☃', ['▁a', 'b', '<unk>'], words)).toEqual(['a', 'b', '☃']);
    expect(piecesOf('', [], words)).toEqual([]);
  });

  test('joined are the text, whatever the tokens are', () => {
    const token = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('▁', '<0xC3>', '<0xA9>', 'Ġ', 'Ã', '##', '<unk>'),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(token), fc.boolean(), (text, tokens, byteLevel) => {
        const pieces = piecesOf(text, tokens, { byteLevel, added: new Set(), continuing: '##' });
        expect(pieces.join('')).toBe(text.toWellFormed());
        expect(pieces).not.toContain('');
      }),
    );
  });
});

const shipped = fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url));
const smollm2 = referenceData('models', 'smollm2-135m-instruct');
describe.each([['the shipped model', shipped], ...(smollm2 ? [['SmolLM2', smollm2]] : [])])('of %s', (_, dir) => {
  test('end where the tokens of the reference end', { timeout: 30_000 }, async () => {
    const tokenizer = await loadTokenizer(dir!);
    const reference = Reference.fromFile(join(dir!, 'tokenizer.json'));
    const title = fc.oneof(
      fc.constantFrom(
        'Toy Story (1995)',
        'Léon: The Professional (1994)',
        '千と千尋の神隠し',
        "Schindler's List",
        '🍿 II',
      ),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(title, { maxLength: 5 }), async (titles) => {
        const text = `User Preference: ${titles.map((one) => `"${one}"`).join(', ')}\n`.replace(/<[^>]*>/g, '');
        const pieces = tokenizer.pieces(text);
        expect(pieces.join('')).toBe(text);
        const ends = new Set((await reference.encode(text)).getOffsets().map(([, end]) => end));
        let end = 0;
        for (const piece of pieces) {
          end += [...piece].length;
          expect([text.slice(0, 40), ends.has(end)]).toEqual([text.slice(0, 40), true]);
        }
        const tokens = tokenizer.encode(text).length;
        if (/^\p{ASCII}*$/u.test(text)) expect(pieces).toHaveLength(tokens);
        else expect(pieces.length).toBeLessThanOrEqual(tokens);
      }),
      { numRuns: 30 },
    );
  });
});
