// A few rows learned from and judged, to tell how fast a model is here before it was ever tuned.
import { Random } from '@tallrec/shared/random';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { answerLogits } from '../llama/answer-logits.ts';
import { microBatches } from '../llama/micro-batches.ts';
import { IGNORED_LABEL, type LabelledRow, type LanguageModel } from '../llama/model.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { initAdapter, loraConfig } from './lora-init.ts';
import type { Measured } from './speeds.ts';

/** Each of the two is tried for so long at least, after a first time that makes what stays. */
const TRIED_MS = 1000;
/** Tokens of an answer with the end of the text. */
const LABELLED_TOKENS = 3;

export interface SpeedTrial {
  model: LanguageModel;
  tokenizer: Tokenizer;
  settings: TuningSettings;
  /** Prompts with their answers. */
  texts: readonly string[];
  signal: AbortSignal;
  /** Milliseconds that only grow. */
  clock: () => number;
}

/** Rows as they are learned from: so long, and so much of them labelled. */
function rowsOf({ tokenizer, settings, texts, model }: SpeedTrial): LabelledRow[] {
  const { cutoffTokens, lossOn } = settings.hyperParameters;
  const most = Math.min(cutoffTokens, model.config.maxPositionEmbeddings);
  return texts.map((text) => {
    const tokens = tokenizer.encode(text).slice(0, most);
    const labelled = lossOn === 'all' ? tokens.length - 1 : LABELLED_TOKENS;
    return { tokens, labels: tokens.map((token, at) => (at < tokens.length - labelled ? IGNORED_LABEL : token)) };
  });
}

/** @throws TallrecError CANCELLED, or what the model throws */
export async function trySpeed(trial: SpeedTrial): Promise<Omit<Measured, 'otherMs'>> {
  const { model, settings, clock, signal } = trial;
  const { hyperParameters, stage, template } = settings;
  const rows = rowsOf(trial);
  const adapter = initAdapter(loraConfig(hyperParameters), model.config, Random.seeded(0));
  const { microBatchTokens } = hyperParameters;
  const batches = microBatches(
    rows.map(({ tokens }) => tokens),
    microBatchTokens,
    model,
  ).map((indices) => indices.map((index) => rows[index]!));

  /** Goes over the micro-batches in turn. */
  const rate = async (work: (batch: LabelledRow[]) => Promise<unknown>) => {
    await work(batches[0]!);
    const startedAt = clock();
    let tokens = 0;
    for (let at = 0; at === 0 || clock() - startedAt < TRIED_MS; at++) {
      signal.throwIfAborted();
      const batch = batches[at % batches.length]!;
      await work(batch);
      tokens += batch.reduce((sum, row) => sum + row.tokens.length, 0);
    }
    return (1000 * tokens) / (clock() - startedAt);
  };

  const dropout = hyperParameters.loraDropout > 0 ? { dropoutSeed: 1 } : {};
  const tokensPerSecond = await rate((batch) =>
    model.lossAndGradients(batch, adapter, { lossWeight: 1 / batch.length, ...dropout }),
  );
  if (stage === 'alpaca') {
    return { tokensPerSecond, evaluatedTokensPerSecond: await rate((batch) => model.loss(batch, adapter)) };
  }
  const { answerTokens } = new PromptRows(trial.tokenizer, { template, cutoffTokens: hyperParameters.cutoffTokens });
  const judge = (batch: LabelledRow[]) => {
    const prompts = batch.map((row) => row.tokens);
    return answerLogits(model, prompts, answerTokens, { adapter, microBatchTokens, signal });
  };
  return { tokensPerSecond, evaluatedTokensPerSecond: await rate(judge) };
}
