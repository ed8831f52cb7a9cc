// A model's own tokenizer, with text kept as text: nothing a user writes can become a special token.
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { excerpt, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';
import { asInRust } from './pre-tokenizers.ts';
import { withinTime } from './time-limit.ts';
import { piecesOf, type TokenForm } from './token-pieces.ts';

const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean().default(false),
});
const tokenizerFileSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), z.int().nonnegative()), z.array(z.unknown())]),
    unk_token: z.string().nullish(),
    type: z.string().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    /** "a b", or in newer files ["a", "b"]. */
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).optional(),
  }),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
type TokenizerFile = z.infer<typeof tokenizerFileSchema>;
const tokenName = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();
const tokenizerConfigSchema = z.looseObject({
  eos_token: tokenName,
  bos_token: tokenName,
  add_bos_token: z.boolean().nullish(),
  tokenizer_class: z.string().nullish(),
});

export interface Tokenizer {
  /** Token ids of a text, behind what the tokenizer's own post-processor puts first (a LLaMA's BOS; SmolLM2 has none). */
  encode(text: string): number[];
  /** The id that ends a text, where the model has one. */
  readonly eosTokenId: number | undefined;
}

/** One that can also show what it does. */
export interface TextTokenizer extends Tokenizer {
  /** The largest id that a text can become. */
  readonly largestId: number;
  /** The text cut into its tokens, see `piecesOf`; what stands before a text is counted and not shown. */
  pieces(text: string): string[];
}

/**
 * Loads `tokenizer.json` and, where there, `tokenizer_config.json`.
 * @throws TallrecError when they are missing or describe no tokenizer
 */
export async function loadTokenizer(dir: string): Promise<TextTokenizer> {
  const file = await readJson(join(dir, 'tokenizer.json'));
  if (file === undefined) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${dir} has no tokenizer.json.`, {
      fix: "Download it from the model's page, or convert tokenizer.model by AutoTokenizer.from_pretrained(…).save_pretrained(…).",
    });
  }
  return createTokenizer(file, (await readJson(join(dir, 'tokenizer_config.json'))) ?? {}, dir);
}

/** Classes that put BOS first by their own setting under transformers 4, where tokenizer.json says otherwise too. */
const LLAMA_CLASS = /^(Code)?LlamaTokenizer(Fast)?$/;
const GPT2_CLASS = /^GPT2Tokenizer(Fast)?$/;
/** What transformers 4 takes for a checkpoint that names no class. */
const LLAMA_CLASS_BY_MODEL: ReadonlySet<string> = new Set(['llama', 'mistral']);

/**
 * Where transformers 4 and 5 make other tokens of a checkpoint's texts: 5 reads what stands before a text from tokenizer.json, as we do,
 * and parts words by its own class for GPT-2's.
 * @param modelType of config.json
 * @returns sentences
 * @throws TallrecError as `loadTokenizer` does
 */
export async function tokenizerWarnings(dir: string, modelType: string): Promise<string[]> {
  const file = await readJson(join(dir, 'tokenizer.json'));
  const settings = tokenizerConfigSchema.safeParse((await readJson(join(dir, 'tokenizer_config.json'))) ?? {});
  if (!settings.success) return [];
  const { add_bos_token, bos_token, tokenizer_class: stated } = settings.data;
  const name = stated ?? (LLAMA_CLASS_BY_MODEL.has(modelType) ? 'LlamaTokenizer' : '');
  const bos = bos_token ?? '<s>';
  const bosFirst = createTokenizer(file, settings.data, dir).encode('').length > 0;
  const warnings: string[] = [];
  if (LLAMA_CLASS.test(name) && bosFirst !== (add_bos_token ?? true)) {
    const [by4, by5] = bosFirst ? ['without it', `with ${excerpt(bos)}`] : [`with ${excerpt(bos)}`, 'without it'];
    warnings.push(
      `${dir}: transformers 4 begins a text ${by4} (add_bos_token), transformers 5 ${by5} (post_processor of tokenizer.json): it is done as 5 does.`,
    );
  }
  const preTokenizer = z.looseObject({ pre_tokenizer: z.looseObject({ type: z.string() }).nullish() }).safeParse(file);
  if (GPT2_CLASS.test(name) && preTokenizer.data?.pre_tokenizer?.type !== 'ByteLevel') {
    warnings.push(
      `${dir}: transformers 5 parts words as GPT-2 does ("tokenizer_class": "${excerpt(name)}"), transformers 4 as tokenizer.json says, by which the model was trained: it is done as tokenizer.json says.`,
    );
  }
  return warnings;
}

/** Building takes a second for a quarter of a million tokens; a text takes milliseconds. Slower is a loop or a runaway pattern. */
const BUILD_LIMIT_MS = 30_000;
const ENCODE_LIMIT_MS = 2_000;
/** Long runs are what patterns run away on. */
const PROBES = ['Yes.', ...['a', '1', ' ', '\n', '.', "'"].map((character) => `${character.repeat(200)}\u0001`)];

/** @param source names the checkpoint in errors */
export function createTokenizer(tokenizerJson: unknown, configJson: unknown, source = 'the model'): TextTokenizer {
  const file = tokenizerFileSchema.safeParse(tokenizerJson);
  const config = tokenizerConfigSchema.safeParse(configJson);
  if (!file.success || !config.success) {
    const issue = (file.error ?? config.error)!.issues[0]!;
    throw unusable(source, `${excerpt(issue.path.join('.')) || 'document'}: ${issue.message}`);
  }
  const named = <T>(limitMs: number | undefined, work: () => T): T => {
    try {
      return limitMs === undefined ? work() : withinTime(limitMs, work);
    } catch (cause) {
      throw unusable(source, excerpt(cause instanceof Error ? cause.message : String(cause)), cause);
    }
  };
  const { pre_tokenizer, ...rest } = file.data;
  const data = { ...rest, pre_tokenizer: named(undefined, () => asInRust(pre_tokenizer)) };
  const { plain, prefix, patterns } = named(BUILD_LIMIT_MS, () => ({
    plain: new HuggingFaceTokenizer(withoutSpecialTokens(data), config.data),
    prefix: data.post_processor ? tokensBefore(new HuggingFaceTokenizer(data, config.data)) : [],
    patterns: /"Regex"/.test(JSON.stringify([data.normalizer, pre_tokenizer])),
  }));
  const encode = (text: string): number[] => {
    if (text === '') return [...prefix];
    return [...prefix, ...checkedIds(plain.encode(text, { add_special_tokens: false }).ids)];
  };
  for (const probe of PROBES) named(ENCODE_LIMIT_MS, () => encode(probe));
  const form = tokenForm(data);
  const tokensOf = (text: string) => (text === '' ? [] : plain.encode(text, { add_special_tokens: false }).tokens);
  // Only patterns of the file's own can run away on one text and not on another.
  const limitMs = patterns ? ENCODE_LIMIT_MS : undefined;
  return {
    encode: (text) => named(limitMs, () => encode(text)),
    pieces: (text) =>
      piecesOf(
        text,
        named(limitMs, () => tokensOf(text)),
        form,
      ),
    largestId: largestId(data),
    eosTokenId: idOf(config.data.eos_token, data),
  };
}

function largestId({ added_tokens, model: { vocab, unk_token } }: TokenizerFile): number {
  const special = new Set(added_tokens.filter((token) => token.special).map(({ content }) => content));
  if (unk_token) special.delete(unk_token);
  let largest = Array.isArray(vocab) ? vocab.length - 1 : 0;
  for (const { id, content } of added_tokens) if (!special.has(content)) largest = Math.max(largest, id);
  for (const [token, id] of Array.isArray(vocab) ? [] : Object.entries(vocab))
    if (!special.has(token)) largest = Math.max(largest, id);
  return largest;
}

function tokenForm({ added_tokens, model, pre_tokenizer, decoder }: TokenizerFile): TokenForm {
  return {
    byteLevel: /"ByteLevel"/.test(JSON.stringify([pre_tokenizer, decoder])),
    added: new Set(added_tokens.filter(({ special }) => !special).map(({ content }) => content)),
    continuing: (model.type === 'WordPiece' && model.continuing_subword_prefix) || '',
  };
}

function checkedIds(ids: readonly unknown[]): number[] {
  const stranger = ids.find((id) => !Number.isInteger(id) || Number(id) < 0);
  if (stranger !== undefined || ids.includes(undefined)) throw new Error(`a text became the token ${stranger}`);
  return ids as number[];
}

function idOf(token: string | null | undefined, file: TokenizerFile): number | undefined {
  if (!token) return undefined;
  const { vocab } = file.model;
  return (
    file.added_tokens.find(({ content }) => content === token)?.id ?? (Array.isArray(vocab) ? undefined : vocab[token])
  );
}

/**
 * The same tokenizer with its special tokens neither split out of text nor in reach of the merges, so that `<|im_end|>` in a
 * title is spelled out like any other text (what `encode_special_tokens` does in the Rust library).
 */
function withoutSpecialTokens(file: TokenizerFile): TokenizerFile {
  const { vocab, unk_token, merges } = file.model;
  const special = new Set(file.added_tokens.filter((token) => token.special).map((token) => token.content));
  if (unk_token) special.delete(unk_token);
  return {
    ...file,
    added_tokens: file.added_tokens.filter((token) => !token.special),
    post_processor: null,
    model: {
      ...file.model,
      ...(merges ? { merges: merges.filter((merge) => !special.has(mergedToken(merge))) } : {}),
      vocab: Array.isArray(vocab)
        ? vocab
        : Object.fromEntries(Object.entries(vocab).filter(([token]) => !special.has(token))),
    },
  };
}

function mergedToken(merge: string | [string, string]): string {
  return typeof merge === 'string' ? merge.replace(' ', '') : merge.join('');
}

/** What the post-processor puts before a text. What it puts after does not belong before an answer. */
function tokensBefore(tokenizer: HuggingFaceTokenizer): number[] {
  const inner: number[] = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const outer: number[] = tokenizer.encode('a', { add_special_tokens: true }).ids;
  const at = outer.findIndex((_, start) => inner.every((id, i) => outer[start + i] === id));
  return outer.slice(0, Math.max(0, at));
}

async function readJson(path: string): Promise<unknown> {
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.tokenizer);
  if ('json' in file) return file.json;
  if (file.missing) return undefined;
  throw new TallrecError('MODEL_UNSUPPORTED', `${path} ${file.fault}.`, {
    fix: 'Download it again.',
    cause: file.cause,
  });
}

function unusable(source: string, what: string, cause?: unknown): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `The tokenizer of ${source} cannot be used: ${what}.`, {
    fix: 'Check tokenizer.json and tokenizer_config.json against the model page.',
    cause,
  });
}
