// In-context learning: the shots stand in the prompt as answered examples, before the question. All rows share them, so the model
// reads them once a micro-batch.
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { answerOf } from '@tallrec/shared/sample';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { throwIfCancelled } from './cancelled.ts';
import { type SharedLanguageModel, scoringMethod } from './language-model.ts';
import type { Method } from './method.ts';
import { estimateScoringMs } from './time-estimate.ts';

/** Longest questions of a micro-batch, which share the examples; more save time and take memory. */
const ROWS_AT_ONCE = 8;

/** Where nothing else is asked for: examples at most, and the longest prompt with them. */
export const IN_CONTEXT_DEFAULTS = { examples: 16, contextTokens: 4096 } as const;

export function inContextMethod(shared: SharedLanguageModel): Method {
  const { template, examples: most, contextTokens, hyperParameters } = shared.options;
  return {
    name: 'in-context',
    title: 'In-context learning',
    kind: 'language-model',
    settings: { ...shared.settings, examples: most, contextTokens },
    fit: async ({ train }, { signal }) => {
      throwIfCancelled(signal);
      const { model, tokenizer } = await shared.load();
      const context = Math.min(contextTokens, model.config.maxPositionEmbeddings);
      const question = Math.min(hyperParameters.cutoffTokens, Math.floor(context / 2));
      const texts = train
        .slice(0, most)
        .map((sample) => `${formatSamplePrompt(sample, template)}${answerOf(sample.liked)}\n\n`);
      const { count, tokens } = thatFit(tokenizer, texts, context - question);
      const prefix = texts.slice(0, count).join('');
      return scoringMethod(shared, {
        chosen: { examples: count },
        rows: new PromptRows(behind(prefix, tokenizer), { template, cutoffTokens: tokens + question }),
        microBatchTokens: tokens + ROWS_AT_ONCE * question,
      });
    },
    estimateMs: async ({ train, valid }, testRows, signal) => {
      // Of a micro-batch's rows each has its own question, and an even share of reading the examples.
      const read = 1 + Math.min(train.length, most) / ROWS_AT_ONCE;
      return read * (await estimateScoringMs(shared, valid, testRows, signal));
    },
  };
}

/** A tokenizer of the same words behind a text. */
function behind(prefix: string, tokenizer: Tokenizer): Tokenizer {
  return { eosTokenId: tokenizer.eosTokenId, encode: (text) => tokenizer.encode(prefix + text) };
}

/** How many texts from the first on have room, and the tokens of these. */
function thatFit(tokenizer: Tokenizer, texts: readonly string[], room: number): { count: number; tokens: number } {
  const tokensOf = (count: number) => (count === 0 ? 0 : tokenizer.encode(texts.slice(0, count).join('')).length);
  let [fits, tooMany] = [0, texts.length + 1];
  while (tooMany - fits > 1) {
    const trial = (fits + tooMany) >> 1;
    if (tokensOf(trial) <= room) fits = trial;
    else tooMany = trial;
  }
  return { count: fits, tokens: tokensOf(fits) };
}
