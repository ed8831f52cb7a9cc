// A few rows learned from and judged, to tell how fast a model is here before it was ever tuned.
import { Random } from '@tallrec/shared/random';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { microBatches } from '../llama/micro-batches.ts';
import { IGNORED_LABEL, type LabelledRow, type LanguageModel } from '../llama/model.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { initAdapter, loraConfig } from './lora-init.ts';
import type { Measured } from './speeds.ts';
import { initialState } from './state.ts';
import { train } from './train.ts';

/** Each of the two is tried for so long at least, after a first time that makes what stays. */
const TRIED_MS = 1000;
/** Steps that take longer are told from their micro-batches. */
const SHORT_STEP_MS = 3000;
const TRIED_STEPS = 2;
/** Tokens of an answer with the end of the text. */
const LABELLED_TOKENS = 3;

export interface SpeedTrial {
  model: LanguageModel;
  tokenizer: Tokenizer;
  settings: TuningSettings;
  /** Prompts with their answers. */
  texts: readonly string[];
  /** How many of them a step learns from; they come again where there are fewer. */
  stepRows: number;
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

/** @throws what the model throws, or as its signal was aborted */
export async function trySpeed(trial: SpeedTrial): Promise<Omit<Measured, 'otherMs'>> {
  const { model, settings, clock, signal } = trial;
  const { hyperParameters, stage, template } = settings;
  const { microBatchTokens, cutoffTokens } = hyperParameters;
  const rows = rowsOf(trial);
  const adapter = initAdapter(loraConfig(hyperParameters), model.config, Random.seeded(0));
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
      tokens += tokensOf(batch);
    }
    return (1000 * tokens) / (clock() - startedAt);
  };

  const ofMicroBatches = await rate((batch) =>
    model.lossAndGradients(batch, adapter, { lossWeight: 1, dropoutSeed: 1 }),
  );
  const step = Array.from({ length: trial.stepRows }, (_, at) => rows[at % rows.length]!);
  const stepTokens = tokensOf(step);
  const isShort = (1000 * stepTokens) / ofMicroBatches <= SHORT_STEP_MS;
  const tokensPerSecond = isShort ? await rateOfSteps(step, adapter, trial) : ofMicroBatches;
  if (stage === 'alpaca') {
    const evaluatedTokensPerSecond = await rate((batch) => model.loss(batch, adapter));
    return { tokensPerSecond, stepTokens, evaluatedTokensPerSecond };
  }
  const { answerTokens } = new PromptRows(trial.tokenizer, { template, cutoffTokens });
  const evaluatedTokensPerSecond = await rate((batch) => {
    const prompts = batch.map((row) => row.tokens);
    return answerLogits(model, prompts, answerTokens, { adapter, microBatchTokens, signal });
  });
  return { tokensPerSecond, stepTokens, evaluatedTokensPerSecond };
}

const tokensOf = (rows: readonly LabelledRow[]) => rows.reduce((sum, { tokens }) => sum + tokens.length, 0);

/** Of whole steps, as the training loop does them. */
async function rateOfSteps(step: readonly LabelledRow[], adapter: LoraAdapter, trial: SpeedTrial): Promise<number> {
  const { model, settings, signal, clock } = trial;
  const never = Number.POSITIVE_INFINITY;
  const run = train(model, step, initialState(adapter, Random.seeded(0)), {
    ...{ hyperParameters: settings.hyperParameters, totalSteps: 1 + TRIED_STEPS, signal, clock },
    ...{ evaluateEverySteps: never, validate: undefined, checkpoint: undefined, checkpointEverySteps: never },
  });
  await run.next();
  const startedAt = clock();
  while (!(await run.next()).done);
  signal.throwIfAborted();
  return (1000 * TRIED_STEPS * tokensOf(step)) / (clock() - startedAt);
}
