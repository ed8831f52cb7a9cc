// A model's own tokenizer, with text kept as text: nothing a user writes can become a special token.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';

const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean().default(false),
});
const tokenizerFileSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), z.int()), z.array(z.unknown())]),
    unk_token: z.string().nullish(),
    /** "a b", or in newer files ["a", "b"]. */
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).optional(),
  }),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
const tokenName = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();
const tokenizerConfigSchema = z.looseObject({ eos_token: tokenName, bos_token: tokenName });

export interface Tokenizer {
  /** Token ids of a text, behind what the tokenizer's own post-processor puts first (a LLaMA's BOS; SmolLM2 has none). */
  encode(text: string): number[];
  /** The id that ends a text, where the model has one. */
  readonly eosTokenId: number | undefined;
}

/**
 * Loads `tokenizer.json` and, where there, `tokenizer_config.json`.
 * @throws TallrecError when they are missing or describe no tokenizer
 */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  const file = await readJson(join(dir, 'tokenizer.json'));
  if (file === undefined) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${dir} has no tokenizer.json.`, {
      fix: "Download it from the model's page, or convert tokenizer.model by AutoTokenizer.from_pretrained(…).save_pretrained(…).",
    });
  }
  return createTokenizer(file, (await readJson(join(dir, 'tokenizer_config.json'))) ?? {}, dir);
}

/** @param source names the checkpoint in errors */
export function createTokenizer(tokenizerJson: unknown, configJson: unknown, source = 'the model'): Tokenizer {
  const file = tokenizerFileSchema.safeParse(tokenizerJson);
  const config = tokenizerConfigSchema.safeParse(configJson);
  if (!file.success || !config.success) {
    const issue = (file.error ?? config.error)!.issues[0]!;
    throw unusable(source, `${issue.path.join('.')}: ${issue.message}`);
  }
  try {
    const plain = new HuggingFaceTokenizer(withoutSpecialTokens(file.data), config.data);
    const prefix = file.data.post_processor ? tokensBefore(new HuggingFaceTokenizer(file.data, config.data)) : [];
    return {
      encode: (text) =>
        text === '' ? [...prefix] : [...prefix, ...plain.encode(text, { add_special_tokens: false }).ids],
      eosTokenId: idOf(config.data.eos_token, file.data),
    };
  } catch (cause) {
    throw unusable(source, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function idOf(token: string | null | undefined, file: z.infer<typeof tokenizerFileSchema>): number | undefined {
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
function withoutSpecialTokens(file: z.infer<typeof tokenizerFileSchema>): z.infer<typeof tokenizerFileSchema> {
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
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${path} is not JSON.`, { fix: 'Download it again.', cause });
  }
}

function unusable(source: string, what: string, cause?: unknown): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `The tokenizer of ${source} cannot be used: ${what}.`, {
    fix: 'Check tokenizer.json and tokenizer_config.json against the model page.',
    cause,
  });
}
