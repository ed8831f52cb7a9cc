import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLlamaConfig } from './llama/config.ts';
import { openCheckpoint } from './llama/safetensors.ts';
import { loadTokenizer } from './llama/tokenizer.ts';
import { writeTinyModel } from './tiny-model.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tiny-model-'));
});
afterAll(() => rm(dir, { recursive: true }));

it('is a checkpoint whose tokenizer knows the frequent words and spells the others', async () => {
  await writeTinyModel(dir, { corpus: ['Yes. No. the the the Léon (1994)'], maxWords: 100 });
  const config = await readLlamaConfig(dir);
  const tokenizer = await loadTokenizer(dir);
  const { tensors } = await openCheckpoint(dir);
  expect(tensors.get('model.embed_tokens.weight')?.shape).toEqual([config.vocabSize, config.hiddenSize]);
  expect(tokenizer.encode('the')).toHaveLength(1);
  expect(tokenizer.encode('Léon')).toHaveLength(1);
  expect(tokenizer.encode('unheard')).toHaveLength('unheard'.length);
  const prompt = formatSamplePrompt({ noun: 'movie', history: [], target: { title: 'Léon (1994)' } }, 'clean');
  const [yes, no] = ['Yes.', 'No.'].map((answer) => tokenizer.encode(prompt + answer));
  expect(yes!.length).toBe(no!.length);
  expect(yes!.filter((id, i) => id !== no![i])).toHaveLength(1);
});

it('is the same for the same seed', async () => {
  const [a, b] = [join(dir, 'a'), join(dir, 'b')];
  for (const path of [a, b]) await writeTinyModel(path, { corpus: ['one two'], maxWords: 2, seed: 3 });
  expect(await readFile(join(a, 'model.safetensors'))).toEqual(await readFile(join(b, 'model.safetensors')));
});
