// Pre-tokenizers of a tokenizer.json as Hugging Face's Rust library computes them. Where its JavaScript port has other classes of
// characters (digits, spaces, word characters), they are written as the patterns that they stand for, which both take alike.
import { z } from 'zod';
import { excerptOf } from './json-file.ts';

const named = z.looseObject({ type: z.string() });
const sequence = z.looseObject({ type: z.literal('Sequence'), pretokenizers: z.array(z.unknown()) });
const literal = z.object({ String: z.string() });

/** The words of GPT-2 (Radford et al., 2019), each with the space before it. */
const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
/** All of ASCII's that is neither a letter, a digit nor a space, and Unicode's. */
const PUNCTUATION = '\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e';

/** Each match a piece, and what lies between two. */
const isolated = (regex: string) => split(regex, 'Isolated', false);
/** The matches alone. */
const matches = (regex: string) => split(regex, 'Removed', true);

function split(regex: string, behavior: string, invert: boolean) {
  return { type: 'Split', pattern: { Regex: regex }, behavior, invert };
}

/** By the types of those that are rewritten. */
const RULES: Record<string, (settings: Record<string, unknown>) => unknown> = {
  // `char::is_numeric`: ½ and Ⅻ too.
  Digits: ({ individual_digits: individual = false }) => isolated(individual ? '\\p{N}' : '\\p{N}+'),
  ByteLevel: ({ use_regex = true, add_prefix_space = false, ...settings }) => {
    const bytes = { ...settings, type: 'ByteLevel', use_regex: false, add_prefix_space: false };
    // In front where there is none.
    const prefix = { type: 'Metaspace', replacement: ' ', prepend_scheme: 'always' };
    return inOrder([...(add_prefix_space ? [prefix] : []), ...(use_regex ? [isolated(GPT2_WORDS)] : []), bytes]);
  },
  Whitespace: () => matches(`[${WORD}]+|[^${WORD}\\s]+`),
  WhitespaceSplit: () => matches('\\S+'),
  BertPreTokenizer: () => matches(`[^\\s${PUNCTUATION}]+|[${PUNCTUATION}]`),
  Punctuation: ({ behavior = 'Isolated' }) =>
    behavior === 'Contiguous'
      ? isolated(`[${PUNCTUATION}]+`)
      : { ...isolated(`[${PUNCTUATION}]`), behavior: known(behavior, 'Punctuation') },
  Metaspace: ({ split: splits = true, ...settings }) => {
    const space = escaped(z.string().default('▁').parse(settings.replacement));
    return inOrder([settings, ...(splits ? [isolated(`${space}[^${space}]*|[^${space}]+`)] : [])]);
  },
  Split: ({ pattern, behavior, invert, ...settings }) => {
    const text = literal.safeParse(pattern);
    return {
      ...settings,
      pattern: text.success ? { Regex: escaped(text.data.String) } : pattern,
      behavior: known(behavior, 'Split'),
      // What is isolated is the same either way.
      invert: behavior === 'Removed' && invert === true,
    };
  },
};

function known(behavior: unknown, type: string): unknown {
  if (behavior === 'Isolated' || behavior === 'Removed') return behavior;
  throw new Error(`its ${type} pre-tokenizer has the behavior ${excerptOf(behavior)}, which is not computed`);
}

function inOrder(pretokenizers: readonly unknown[]) {
  return pretokenizers.length === 1 ? pretokenizers[0] : { type: 'Sequence', pretokenizers };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * @param preTokenizer as in tokenizer.json, null for none
 * @throws Error for a behavior that the port does not have
 */
export function asInRust(preTokenizer: unknown): unknown {
  const nested = sequence.safeParse(preTokenizer);
  if (nested.success) return { ...nested.data, pretokenizers: nested.data.pretokenizers.map(asInRust) };
  const { data } = named.safeParse(preTokenizer);
  const rule = data && Object.hasOwn(RULES, data.type) ? RULES[data.type] : undefined;
  return data && rule ? rule(data) : preTokenizer;
}
