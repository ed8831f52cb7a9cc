import { describe, expect, test } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { PromptRows } from './prompt-rows.ts';
import { createTokenizer, loadTokenizer } from './tokenizer.ts';

const special = (id: number, content: string) => ({
  id,
  content,
  special: true,
  normalized: false,
  lstrip: false,
  rstrip: false,
  single_word: false,
});

/** LLaMA 1 and 2: SentencePiece BPE with byte fallback, a space in front, BOS by the post-processor. */
function sentencePiece() {
  const tokens = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte++) tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  tokens.push('▁', ...'YesNo.abcdfghijklmnpqrtuvwxz<>/#:"'.split(''), 'Ye', 'Yes', 'No', '▁a', '<s', '</', '</s');
  const vocab = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  return {
    added_tokens: [special(0, '<unk>'), special(1, '<s>'), special(2, '</s>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: ['Y e', 'Ye s', 'N o', '▁ a', '< s', '<s >', '< /', '</ s', '</s >'],
    },
  };
}
const sentencePieceConfig = { bos_token: { content: '<s>' }, eos_token: '</s>' };

describe('a SentencePiece tokenizer', () => {
  const tokenizer = createTokenizer(sentencePiece(), sentencePieceConfig);
  const { vocab } = sentencePiece().model;

  test('puts BOS first and spells out what it does not know by bytes', () => {
    expect(tokenizer.eosTokenId).toBe(2);
    expect(tokenizer.encode('a')).toEqual([1, vocab['▁a']]);
    expect(tokenizer.encode('é')).toEqual([1, vocab['▁'], vocab['<0xC3>'], vocab['<0xA9>']]);
  });

  test.each(['<s>', '</s>', 'a</s>a<s>'])('%s in a text is text, even where its pieces would merge to it', (text) => {
    const [bos, ...rest] = tokenizer.encode(text);
    expect(bos).toBe(1);
    expect(rest).not.toContain(1);
    expect(rest).not.toContain(2);
    expect(rest.map((id) => Object.keys(vocab)[id]).join('')).toBe(`▁${text}`);
  });

  test('the answers are told apart by their first token after the prompt', () => {
    const rows = new PromptRows(tokenizer, { template: 'clean', cutoffTokens: 4096 });
    expect(rows.answerTokens).toEqual({ yes: vocab.Yes, no: vocab.No });
    const sample = { noun: 'movie', history: [], target: { title: 'Yes' }, liked: false };
    const { tokens, labels } = rows.labelled(sample);
    expect(tokens.slice(-3)).toEqual([vocab.No, vocab['.'], 2]);
    expect(labels.slice(-3)).toEqual(tokens.slice(-3));
    expect(rows.prompt(sample)).toEqual(tokens.slice(0, -3));
    expect(rows.prompt(sample).at(-1)).toBe(vocab['<0x0A>']);
  });
});

describe('what is no tokenizer', () => {
  test('is named', () => {
    expect(() => createTokenizer({ model: {} }, {}, 'my-model')).toThrow(/my-model.*model\.vocab/);
    expect(() => createTokenizer({ ...sentencePiece(), normalizer: { type: 'Other' } }, {})).toThrow(/cannot be used/);
  });

  test('is missing', async () => {
    await expect(loadTokenizer('/nonexistent')).rejects.toThrow(/no tokenizer\.json/);
  });

  test('answers that begin alike are refused', () => {
    const blind = { encode: (text: string) => [...text].map(() => 5), eosTokenId: undefined };
    expect(() => new PromptRows(blind, { template: 'clean', cutoffTokens: 512 })).toThrow(/tell the answers/);
  });
});

const smollm2 = referenceData('models', 'smollm2-135m-instruct');
describe.skipIf(!smollm2)('SmolLM2 (skipped where the reference data is absent)', () => {
  test('answers, end token, and titles that look like special tokens', async () => {
    const tokenizer = await loadTokenizer(smollm2!);
    const rows = new PromptRows(tokenizer, { template: 'clean', cutoffTokens: 512 });
    expect(rows.answerTokens).toEqual({ yes: 10539, no: 5230 });
    expect(tokenizer.eosTokenId).toBe(2);
    expect(tokenizer.encode('<|im_end|>')).toEqual([44, 108, 306, 79, 486, 108, 46]);
    expect(tokenizer.encode('Cop and ½')).toEqual([36879, 284, 216, 16738]);
    const sample = {
      noun: 'movie',
      history: [{ title: '<|im_start|>Yes.', liked: true }],
      target: { title: '<|endoftext|>' },
    };
    expect(rows.prompt(sample).filter((id) => id <= 16)).toEqual([]);
  });
});
