// The training loop: batches, gradients, clipping, AdamW, evaluation, early stopping; resumable at every step.
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import type { HyperParameters, TuningEvent, TuningReport } from '@tallrec/shared/tuning';
import { stepsPerEpoch } from '@tallrec/shared/tuning-steps';
import { answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { microBatches } from '../llama/micro-batches.ts';
import type { LabelledRow, LanguageModel, MarginSlopes } from '../llama/model.ts';
import { notFiniteBase } from '../llama/not-finite.ts';
import { isEmpty } from '../llama/peft.ts';
import { ADAMW_DEFAULTS, adamWStep, clipGradientNorm } from './adamw.ts';
import { addGradients, labelledTokens } from './gradients.ts';
import { copyAdapter } from './lora-init.ts';
import { areFinite, initialLossScale, nextLossScale } from './loss-scale.ts';
import { type AnsweredRow, pairedOrder, pairLoss, pairsOf } from './pairs.ts';
import { learningRateAt } from './schedule.ts';
import { drawSeed, type TrainingState, type Validation } from './state.ts';

/** What is learned of pairs, beside the rows' own loss. */
export interface PairLearning {
  rows: readonly AnsweredRow[];
  /** The tokens that margins lie between. */
  answers: { yes: number; no: number };
}

export interface TrainOptions {
  hyperParameters: HyperParameters;
  /** Left out where `lossPairs` is 0; its rows are those that are trained on. */
  pairs?: PairLearning | undefined;
  totalSteps: number;
  evaluateEverySteps: number;
  /** Judges the adapter as it is; may throw when the signal is aborted. */
  validate: (() => Promise<Validation>) | undefined;
  /** Called with a state from which a run can go on. */
  checkpoint: ((state: TrainingState) => Promise<unknown>) | undefined;
  checkpointEverySteps: number;
  /** When aborted the run ends at once, and can be resumed. */
  signal: AbortSignal;
  /** When aborted the run ends with the next step, and what it has is judged if nothing was yet. */
  stop?: AbortSignal | undefined;
  /** Milliseconds that only grow. */
  clock: () => number;
}

export type StopReason = TuningReport['stopReason'];

/**
 * Trains `state.adapter` in place and yields what happens. The micro-batch size changes memory and speed only: the loss is the
 * mean over the labelled tokens of the whole batch. The adapter stays finite: a step is taken of finite gradients alone.
 * @returns why it stopped; `state.best` holds the best adapter where there was validation
 * @throws TallrecError ENGINE_FAILED at the first loss or gradient that is not finite; in float16 when no loss scale helps
 */
export async function* train(
  model: LanguageModel,
  rows: readonly LabelledRow[],
  state: TrainingState,
  options: TrainOptions,
): AsyncGenerator<TuningEvent, StopReason> {
  const { hyperParameters, totalSteps, signal, stop, clock } = options;
  const [startedAt, durationBefore, stepBefore] = [clock(), state.durationMs, state.step];
  state.lossScale = model.lossScaling ? (state.lossScale ?? initialLossScale()) : undefined;
  const batchesPerEpoch = stepsPerEpoch(rows.length, hyperParameters.batchSize);
  const epochOrder = (seed: number) =>
    options.pairs
      ? pairedOrder(options.pairs.rows, hyperParameters.batchSize, seed)
      : Random.seeded(seed).shuffle(rows.map((_, index) => index));
  // From the seed drawn at the epoch's start: a run that resumes within it gets the same one.
  let order = epochOrder(state.epochSeed);
  const keepTime = () => {
    state.durationMs = durationBefore + clock() - startedAt;
  };
  const isEvaluationDue = () => {
    if (state.step <= state.evaluatedStep) return false;
    const isOwed = stop?.aborted && !state.best && !isEmpty(state.adapter);
    return isOwed || state.step % options.evaluateEverySteps === 0 || state.step >= totalSteps;
  };

  while (true) {
    if (options.validate && isEvaluationDue()) {
      const validation = await unlessAborted(options.validate, signal);
      keepTime();
      if (validation) {
        if (!Number.isFinite(validation.loss)) throw diverged(state.step, 'validation loss');
        yield record(state, judge(state, validation, options.pairs ? 'perUserAuc' : 'auc'));
        await options.checkpoint?.(state);
      }
    } else if (state.step > stepBefore && state.step % options.checkpointEverySteps === 0) {
      await options.checkpoint?.(state);
    }
    if (signal.aborted) {
      await options.checkpoint?.(state);
      return 'cancelled';
    }
    if (state.evaluationsWithoutGain >= hyperParameters.patience) return 'early-stopped';
    if (state.step >= totalSteps) return hyperParameters.maxSteps === totalSteps ? 'max-steps' : 'finished';
    if (stop?.aborted) {
      if (state.step > stepBefore) await options.checkpoint?.(state);
      return 'stopped';
    }

    if (state.cursor >= batchesPerEpoch) {
      state.epoch++;
      state.cursor = 0;
      state.epochSeed = drawSeed(state.random);
      order = epochOrder(state.epochSeed);
    }
    const from = state.cursor * hyperParameters.batchSize;
    const chosen = order.slice(from, from + hyperParameters.batchSize);
    const stepStartedAt = clock();
    const result = await trainStep(model, { rows, chosen }, state, options);
    if (!result) continue;
    keepTime();
    if ('skipped' in result) {
      yield record(state, { type: 'note', step: state.step, message: result.skipped });
      continue;
    }
    const stepMs = clock() - stepStartedAt;
    const perStepMs = (state.durationMs - durationBefore) / (state.step - stepBefore);
    yield record(state, {
      type: 'step',
      step: state.step,
      totalSteps,
      epoch: state.epoch + state.cursor / batchesPerEpoch,
      loss: result.loss,
      learningRate: result.learningRate,
      gradientNorm: result.gradientNorm,
      tokensPerSecond: stepMs > 0 ? (1000 * result.tokens) / stepMs : 0,
      etaMs: Math.max(0, totalSteps - state.step) * perStepMs,
    });
  }
}

interface StepResult {
  loss: number;
  learningRate: number;
  gradientNorm: number;
  tokens: number;
}

/** @returns undefined when aborted, with the state as it was; why, where a batch was passed over without a step */
async function trainStep(
  model: LanguageModel,
  { rows: all, chosen }: { rows: readonly LabelledRow[]; chosen: readonly number[] },
  state: TrainingState,
  { hyperParameters, totalSteps, signal, pairs }: TrainOptions,
): Promise<StepResult | { skipped: string } | undefined> {
  const batch = chosen.map((index) => all[index]!);
  const labelled = labelledTokens(batch);
  const ofPairs = pairs && (await slopesOfPairs(model, chosen, pairs, state.adapter, { hyperParameters, signal }));
  if (signal.aborted) return undefined;
  const randomBefore = state.random.state();
  // One draw a step, whatever the number of micro-batches, so that their size does not move the generator.
  const stepSeed = drawSeed(state.random);
  const gradients = new Map<string, Float32Array>();
  let loss = ofPairs?.loss ?? 0;
  const rows = batch.map((row) => row.tokens);
  for (const indices of microBatches(rows, hyperParameters.microBatchTokens, model)) {
    if (signal.aborted) {
      state.random = Random.restored(randomBefore);
      return undefined;
    }
    const part = await model.lossAndGradients(
      indices.map((index) => batch[index]!),
      state.adapter,
      {
        lossWeight: 1 / labelled,
        ...(state.lossScale ? { lossScale: state.lossScale.scale } : {}),
        ...(hyperParameters.loraDropout > 0 ? { dropoutSeed: stepSeed } : {}),
        ...(ofPairs
          ? { margins: { ...ofPairs.margins, rows: indices.map((index) => ofPairs.margins.rows[index]!) } }
          : {}),
      },
    );
    loss += part.loss;
    addGradients(gradients, part.gradients);
  }
  const overflowed = !Number.isFinite(loss) || !areFinite(gradients);
  if (overflowed) await requireFiniteBase(model, batch, hyperParameters);
  if (state.lossScale) {
    const { scale } = state.lossScale;
    state.lossScale = nextLossScale(state.lossScale, overflowed);
    if (overflowed) {
      state.cursor++;
      const next = `the batch is passed over, and the scale is now ${state.lossScale.scale}`;
      return { skipped: `Gradients overflowed float16 at a loss scale of ${scale}: ${next}.` };
    }
  }
  if (overflowed) throw diverged(state.step + 1, Number.isFinite(loss) ? 'gradient' : 'loss');
  const gradientNorm = clipGradientNorm(gradients, hyperParameters.clipNorm);
  const { learningRate: peak, warmupSteps, weightDecay } = hyperParameters;
  const learningRate = learningRateAt(state.step, { learningRate: peak, warmupSteps, totalSteps });
  adamWStep(state.optimizer, state.adapter.tensors, gradients, learningRate, { ...ADAMW_DEFAULTS, weightDecay });
  const tokens = rows.reduce((sum, row) => sum + row.length, 0);
  state.step++;
  state.cursor++;
  state.tokens += tokens;
  return { loss, learningRate, gradientNorm, tokens };
}

/**
 * What the pairs of a batch add: `lossPairs` times their mean loss, by margins as they are without dropout.
 * @returns undefined where the batch has no pair, and when aborted
 */
async function slopesOfPairs(
  model: LanguageModel,
  chosen: readonly number[],
  { rows, answers }: PairLearning,
  adapter: LoraAdapter,
  { hyperParameters, signal }: Pick<TrainOptions, 'hyperParameters' | 'signal'>,
): Promise<{ loss: number; margins: MarginSlopes } | undefined> {
  const batch = chosen.map((index) => rows[index]!);
  const pairs = pairsOf(batch);
  if (pairs.length === 0) return undefined;
  const { lossPairs: weight, microBatchTokens } = hyperParameters;
  const paired = [...new Set(pairs.flat())];
  const prompts = paired.map((row) => batch[row]!.tokens.slice(0, batch[row]!.answerAt));
  const judged = await unlessAborted(
    () => answerLogits(model, prompts, answers, { adapter, microBatchTokens, signal }),
    signal,
  );
  if (!judged) return undefined;
  const margins = batch.map(() => 0);
  judged.forEach(({ yesLogit, noLogit }, i) => {
    margins[paired[i]!] = yesLogit - noLogit;
  });
  const { loss, slopes } = pairLoss(margins, pairs);
  const sloped = batch.map(({ answerAt: at }, row) => ({ at, slope: weight * slopes[row]! }));
  return { loss: weight * loss, margins: { ...answers, rows: sloped } };
}

/** @throws TallrecError ENGINE_FAILED when the base model gives no finite loss on the batch: no rate and no adapter mends that */
async function requireFiniteBase(
  model: LanguageModel,
  batch: readonly LabelledRow[],
  { microBatchTokens }: HyperParameters,
): Promise<void> {
  const tokens = batch.map((row) => row.tokens);
  for (const indices of microBatches(tokens, microBatchTokens, model)) {
    const { nllSum } = await model.loss(
      indices.map((index) => batch[index]!),
      undefined,
    );
    if (!Number.isFinite(nllSum)) throw notFiniteBase(model, 'loss');
  }
}

function diverged(step: number, what: string): TallrecError {
  return new TallrecError('ENGINE_FAILED', `The ${what} is no longer a finite number at step ${step}.`, {
    fix: 'Lower the learning rate, or warm up for longer; where it starts from an adapter, check that one.',
  });
}

/**
 * Takes note of an evaluation: the best adapter is kept, ties going to the earlier one. While the warm-up has moved nothing yet it
 * is the base model that is judged, which is no outcome of a tuning.
 * @param by what the best is told by; where it is null, by the loss
 */
function judge(state: TrainingState, validation: Validation, by: 'auc' | 'perUserAuc'): TuningEvent {
  const learned = !isEmpty(state.adapter);
  const best = learned && (!state.best || isBetter(validation, state.best, by));
  state.evaluatedStep = state.step;
  if (learned) state.evaluationsWithoutGain = best ? 0 : state.evaluationsWithoutGain + 1;
  if (best) state.best = { ...validation, step: state.step, adapter: copyAdapter(state.adapter) };
  const { auc: validAuc, perUserAuc: validPerUserAuc, loss: validLoss } = validation;
  return { type: 'evaluated', step: state.step, validAuc, validPerUserAuc, validLoss, best };
}

function isBetter(a: Validation, b: Validation, by: 'auc' | 'perUserAuc'): boolean {
  const [one, other] = [a[by], b[by]];
  return one !== null && other !== null ? one > other : a.loss < b.loss;
}

function record(state: TrainingState, event: TuningEvent): TuningEvent {
  state.events.push(event);
  return event;
}

async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
