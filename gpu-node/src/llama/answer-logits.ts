// The logits of the two answers after each prompt: what scoring, ranking and validation rest on.
import { TallrecError } from '@tallrec/shared/errors';
import type { LoraAdapter } from './lora.ts';
import { microBatches } from './micro-batches.ts';
import type { LanguageModel } from './model.ts';
import { notFiniteBase } from './not-finite.ts';
import type { PromptRows } from './prompt-rows.ts';

export interface AnswerLogits {
  yesLogit: number;
  noLogit: number;
}

export interface AnswerLogitsOptions {
  adapter?: LoraAdapter | undefined;
  /** Tokens of one micro-batch with its padding; a matter of memory, not of results. */
  microBatchTokens?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called after each micro-batch. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_MICRO_BATCH_TOKENS = 2048;

/**
 * @param prompts token ids up to where the answer begins
 * @returns one pair a prompt, in their order
 * @throws TallrecError when aborted
 */
export async function answerLogits(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  answerTokens: PromptRows['answerTokens'],
  { adapter, microBatchTokens = DEFAULT_MICRO_BATCH_TOKENS, signal, onProgress }: AnswerLogitsOptions,
): Promise<AnswerLogits[]> {
  const answers = new Array<AnswerLogits>(prompts.length);
  let done = 0;
  for (const batch of microBatches(prompts, microBatchTokens, model)) {
    if (signal?.aborted) throw new TallrecError('CANCELLED', 'Scoring was cancelled.');
    const rows = batch.map((index) => prompts[index]!);
    const part = await microBatchAnswers(model, rows, answerTokens, adapter);
    batch.forEach((index, row) => {
      answers[index] = part[row]!;
    });
    done += batch.length;
    onProgress?.(done, prompts.length);
  }
  return answers;
}

/**
 * The answers to prompts that are computed at once.
 * @throws TallrecError when a logit is no number: ADAPTER_INVALID with an adapter
 */
export async function microBatchAnswers(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  { yes, no }: PromptRows['answerTokens'],
  adapter: LoraAdapter | undefined,
): Promise<AnswerLogits[]> {
  const logits = await model.nextTokenLogits(prompts, adapter, [yes, no]);
  if (!logits.every(Number.isFinite)) throw await noFiniteLogits(model, prompts, [yes, no], adapter);
  return prompts.map((_, row) => ({ yesLogit: logits[2 * row]!, noLogit: logits[2 * row + 1]! }));
}

/** Whose fault it is: the base model is asked the same without the adapter. */
async function noFiniteLogits(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  answers: readonly number[],
  adapter: LoraAdapter | undefined,
): Promise<TallrecError> {
  const base = adapter && (await model.nextTokenLogits(prompts, undefined, answers));
  if (!base?.every(Number.isFinite)) return notFiniteBase(model, 'logits');
  const inFloat16 = model.lossScaling ? ', or compute in float32 (--compute f32), where large values may hold' : '';
  return new TallrecError(
    'ADAPTER_INVALID',
    `With this adapter the activations overflow ${model.lossScaling ? 'float16' : 'float32'}: the model gives no finite logits, and without it does.`,
    { fix: `Tune it again at a lower learning rate${inFloat16}.` },
  );
}
