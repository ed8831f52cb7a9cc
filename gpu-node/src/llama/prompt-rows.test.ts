import { formatSamplePrompt } from '@tallrec/shared/prompt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PromptRows } from './prompt-rows.ts';
import { toyTokenizer } from './toy-language-model.ts';

const length = (text: string) => toyTokenizer.encode(text).length;
const decode = (tokens: readonly number[]) => String.fromCodePoint(...tokens.map((id) => id - 1));
/** Room for a prompt without history and `extra` characters more, besides the longer answer and the end token. */
const cutoffFor = (title: string, extra: number) =>
  length(formatSamplePrompt({ noun: 'movie', history: [], target: { title } }, 'clean')) + 'Yes.'.length + 1 + extra;
const rowsOf = (cutoffTokens: number) => new PromptRows(toyTokenizer, { template: 'clean', cutoffTokens });

describe('prompts that are too long', () => {
  const item = (title: string, liked: boolean, at?: number) => ({ title, liked, ...(at === undefined ? {} : { at }) });

  test('lose their oldest items by time, wherever those stand', () => {
    const sample = {
      noun: 'movie',
      history: [item('Ccc', true, 3), item('Aaa', true, 1), item('Bbb', false, 2)],
      target: { title: 'T' },
    };
    const text = decode(rowsOf(cutoffFor('T', 10)).prompt(sample));
    expect(text).toContain('User Preference: "Ccc"\nUser Unpreference: "Bbb"\n');
  });

  test('lose the first of a listed history', () => {
    const sample = {
      noun: 'movie',
      history: [item('Aaa', false), item('Bbb', true), item('Ccc', false)],
      target: { title: 'T' },
    };
    const text = decode(rowsOf(cutoffFor('T', 10)).prompt(sample));
    expect(text).toContain('User Preference: "Bbb"\nUser Unpreference: "Ccc"\n');
  });

  test('lose both kinds evenly where a published row tells the order within each only', () => {
    const history = [...'abcd'].map((name) => item(name, true)).concat([...'xy'].map((name) => item(name, false)));
    const text = decode(rowsOf(cutoffFor('T', 12)).prompt({ noun: 'movie', history, target: { title: 'T' } }));
    expect(text).toContain('User Preference: "c", "d"\nUser Unpreference: "y"\n');
  });

  test('a target that does not fit by itself is an error that names it', () => {
    const sample = { noun: 'movie', history: [], target: { title: 'Endless' } };
    expect(() => rowsOf(cutoffFor('Endless', -1)).prompt(sample)).toThrow(/"Endless" exceeds \d+ tokens/);
    expect(rowsOf(cutoffFor('Endless', 0)).prompt(sample)).toHaveLength(cutoffFor('Endless', 0) - 5);
  });

  test('any sample: rows keep to the cut-off, hold the target and the whole answer, and keep all history that fits', () => {
    const title = fc.stringMatching(/^[a-z]{1,20}$/);
    const items = fc.array(fc.record({ title, liked: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(items, title, fc.boolean(), fc.nat(120), (history, target, liked, extra) => {
        const sample = { noun: 'movie', history, target: { title: target }, liked };
        const cutoff = cutoffFor(target, extra);
        const { tokens, labels } = rowsOf(cutoff).labelled(sample);
        expect(tokens.length).toBeLessThanOrEqual(cutoff);
        const text = decode(tokens.slice(0, -1));
        expect(text).toContain(`target movie "${target}"?`);
        expect(text.endsWith(`### Response:\n${liked ? 'Yes.' : 'No.'}`)).toBe(true);
        expect(labels.filter((label) => label !== -100)).toEqual([...toyTokenizer.encode(liked ? 'Yes.' : 'No.'), 0]);
        const kept = (text.match(/"[a-z]+"/g) ?? []).length - 1;
        expect(kept).toBeLessThanOrEqual(history.length);
        if (length(formatSamplePrompt(sample, 'clean')) + 5 <= cutoff) expect(kept).toBe(history.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('instructions', () => {
  test('a long output is cut at its end, and then has no end token', () => {
    const rows = rowsOf(200);
    const row = rows.instruction({ instruction: 'i', input: '', output: 'o'.repeat(500) })!;
    expect(row.tokens).toHaveLength(200);
    expect(row.tokens.at(-1)).toBe(toyTokenizer.encode('o')[0]);
    const short = rows.instruction({ instruction: 'i', input: '', output: 'oo' })!;
    expect(short.tokens.at(-1)).toBe(0);
    expect(short.labels.filter((label) => label !== -100)).toEqual([...toyTokenizer.encode('oo'), 0]);
    expect(rows.instruction({ instruction: 'i'.repeat(200), input: '', output: 'o' })).toBeUndefined();
  });
});
