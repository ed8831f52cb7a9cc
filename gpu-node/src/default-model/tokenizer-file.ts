// The model's tokenizer: byte-pair merges learned by Hugging Face's `tokenizers`, and the best-known titles as tokens of their own.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';

export const END_TOKEN = '</s>';

export interface TokenizerOptions {
  /** What merges are learned from. */
  texts: readonly string[];
  /** Merges kept: the most frequent, in the order in which they were learned. */
  merges: number;
  /** Texts that become one token each, wherever they stand. */
  titles: readonly string[];
}

const trainedSchema = z.looseObject({
  model: z.looseObject({ merges: z.array(z.tuple([z.string(), z.string()])) }),
});

/**
 * `tokenizer.json` as an object, and how many tokens it has. Ids in order: the end token, bytes, merges, titles.
 * @throws TallrecError where the library that learns merges, a development package, is not installed
 */
export async function trainTokenizer({ texts, merges, titles }: TokenizerOptions) {
  const library = await import('tokenizers').catch((cause) => {
    throw new TallrecError(
      'ENGINE_FAILED',
      "The package tokenizers, which learns a tokenizer's merges, is not installed.",
      {
        fix: 'Install the development packages: npm install --include=dev.',
        cause,
      },
    );
  });
  const trained = await trainMerges(library, texts);
  const kept = trained.model.merges.slice(0, merges);
  const pieces = [END_TOKEN, ...library.byteLevelAlphabet().sort(), ...kept.map((pair) => pair.join(''))];
  const vocabulary = [...new Set(pieces)];
  const addedToken = (content: string, id: number, special: boolean) => {
    return { id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false };
  };
  const file = {
    ...trained,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    added_tokens: [
      addedToken(END_TOKEN, 0, true),
      ...titles.map((title, i) => addedToken(title, vocabulary.length + i, false)),
    ],
    model: { ...trained.model, vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])), merges: kept },
  };
  return { file, size: vocabulary.length + titles.length };
}

/** Byte-level BPE as GPT-2 parts words (Radford et al., 2019): any text can be written, and a word's space stands before it. */
async function trainMerges(
  { BPE, Tokenizer, byteLevelPreTokenizer }: typeof import('tokenizers'),
  texts: readonly string[],
) {
  const dir = await mkdtemp(join(tmpdir(), 'tallrec-tokenizer-'));
  try {
    const corpus = join(dir, 'corpus.txt');
    const file = join(dir, 'tokenizer.json');
    await writeFile(corpus, texts.join('\n'));
    const tokenizer = new Tokenizer(BPE.empty());
    tokenizer.setPreTokenizer(byteLevelPreTokenizer(false, true));
    tokenizer.train([corpus]);
    tokenizer.save(file);
    return trainedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
