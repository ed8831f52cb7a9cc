// Judges an adapter on validation data while it trains.
import { TallrecError } from '@tallrec/shared/errors';
import { auc, perUserAuc } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import { type AnswerLogits, answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { microBatches } from '../llama/micro-batches.ts';
import type { LabelledRow, LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';
import { softplus } from './softplus.ts';
import type { Validation } from './state.ts';

interface ValidateOptions {
  adapter: LoraAdapter;
  microBatchTokens: number;
  signal: AbortSignal;
  /** Called after each micro-batch. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** AUC of the scores, over all and within users, and the mean cross-entropy of the two answers: both come from one pass over the prompts. */
export async function validateSamples(
  model: LanguageModel,
  prompts: PromptRows,
  samples: readonly LabelledSample[],
  options: ValidateOptions,
): Promise<Validation & { answers: AnswerLogits[] }> {
  const encoded = samples.map((sample) => prompts.prompt(sample));
  const answers = await answerLogits(model, encoded, prompts.answerTokens, options);
  let loss = 0;
  const rows = answers.map(({ yesLogit, noLogit }, index) => {
    const { liked, user } = samples[index]!;
    loss += softplus(liked ? noLogit - yesLogit : yesLogit - noLogit);
    return { score: yesLogit - noLogit, liked, user };
  });
  return { auc: auc(rows), perUserAuc: perUserAuc(rows).mean, loss: loss / rows.length, answers };
}

/** Mean negative log-likelihood of a labelled token; instructions have no AUC. */
export async function validateInstructions(
  model: LanguageModel,
  rows: readonly LabelledRow[],
  { adapter, microBatchTokens, signal, onProgress }: ValidateOptions,
): Promise<Validation> {
  let [nll, labels, done] = [0, 0, 0];
  const tokens = rows.map((row) => row.tokens);
  for (const batch of microBatches(tokens, microBatchTokens, model)) {
    if (signal.aborted) throw new TallrecError('CANCELLED', 'The evaluation was cancelled.');
    const { nllSum, labelled } = await model.loss(
      batch.map((index) => rows[index]!),
      adapter,
    );
    nll += nllSum;
    labels += labelled;
    done += batch.length;
    onProgress?.(done, rows.length);
  }
  return { auc: null, perUserAuc: null, loss: nll / Math.max(1, labels) };
}
