// A tuning from data to adapter, by the recipe of TALLRec's code: shots, rows, training, the best of validation.
import { createHash } from 'node:crypto';
import type { WholeBlend } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import type { ItemStatistics } from '@tallrec/shared/item-opinions';
import { auc, historyShare } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { InstructionRow, LabelledSample } from '@tallrec/shared/sample';
import type { HyperParameters, TuningEvent, TuningReport, TuningSettings } from '@tallrec/shared/tuning';
import { tuningSteps } from '@tallrec/shared/tuning-steps';
import { fitBlend } from '../blend/fit-blend.ts';
import { type AnswerLogits, answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LabelledRow, LanguageModel } from '../llama/model.ts';
import { hashTensors, isEmpty } from '../llama/peft.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { LocalCheckpoint, RunIdentity } from './checkpoint-folder.ts';
import { copyAdapter, initAdapter, loraConfig } from './lora-init.ts';
import { type AnsweredRow, pairsOf } from './pairs.ts';
import { initialState, type TrainingState, type Validation } from './state.ts';
import { type PairLearning, type StopReason, train } from './train.ts';
import { validateInstructions, validateSamples } from './validate.ts';

export type TuningData =
  | {
      stage: 'rec';
      train: readonly LabelledSample[];
      valid: readonly LabelledSample[];
      /** Of the items, for the blend. */
      facts?: ItemStatistics | undefined;
    }
  | { stage: 'alpaca'; train: readonly InstructionRow[]; valid: readonly InstructionRow[] };

export interface TuneOptions {
  model: LanguageModel;
  tokenizer: Tokenizer;
  modelContentHash: string;
  /** As it is reported: cpu, webgpu, cuda; f32 … */
  provider: string;
  precision: string;
  settings: TuningSettings;
  data: TuningData;
  /** Said when it starts. */
  notes?: readonly string[] | undefined;
  /** Training goes on from this adapter, whose rank and modules then hold. */
  init?: LoraAdapter | undefined;
  /** Where checkpoints are kept; without it there are none. */
  checkpointDir?: string | undefined;
  checkpointEverySteps?: number | undefined;
  /** Go on from the newest checkpoint, where there is one. */
  resume?: boolean | undefined;
  /** Called when a checkpoint lies whole on the disk. */
  onCheckpoint?: ((checkpoint: LocalCheckpoint) => void) | undefined;
  /** When aborted the tuning breaks off, to be resumed, with the best adapter so far. */
  signal?: AbortSignal | undefined;
  /** When aborted the tuning ends for good with the next step: with the best adapter so far, judged, and its blend. */
  stop?: AbortSignal | undefined;
  /** Called while an evaluation goes on, with the validation rows done. */
  onValidationProgress?: ((done: number, total: number) => void) | undefined;
  clock?: () => number;
}

export interface TuneOutcome {
  adapter: LoraAdapter;
  /** Fit on validation samples of users who do not train; null in the first stage, and where they are too few or the run was cancelled. */
  blend: WholeBlend | null;
  /** `report.json` but for what the caller knows: the model's name and the adapter's files. */
  report: Omit<TuningReport, 'model' | 'adapter'>;
}

/** K samples as TALLRec's code draws them: the training file shuffled by the seed, then its first K. */
export function drawShots<T>(items: readonly T[], shots: number | undefined, random: Random): T[] {
  const shuffled = random.shuffle(items);
  return shots === undefined ? shuffled : shuffled.slice(0, shots);
}

/**
 * Runs a tuning and yields its events.
 * @throws TallrecError when the data cannot be learned from, the checkpoint belongs to another run, or it was stopped before
 * anything was learned
 */
export async function* tune(options: TuneOptions): AsyncGenerator<TuningEvent, TuneOutcome> {
  const { model, settings, data, stop, onCheckpoint } = options;
  const { signal = new AbortController().signal, clock = () => performance.now() } = options;
  const random = Random.seeded(settings.seed);
  const rows = prepareRows(options, random);
  const hyperParameters = settings.hyperParameters;
  const adapter = options.init
    ? startFrom(options.init, hyperParameters)
    : initAdapter(loraConfig(hyperParameters), model.config, random);

  const identity = identityOf(options, rows);
  const { checkpointDir } = options;
  const resumed = checkpointDir && options.resume ? await readCheckpoint(checkpointDir, adapter, identity) : undefined;
  const state = resumed ?? initialState(adapter, random);
  const { total: totalSteps, every: evaluateEverySteps } = tuningSteps(hyperParameters, rows.train.length);
  const started: TuningEvent = {
    type: 'started',
    step: state.step,
    totalSteps,
    trainSamples: rows.train.length,
    validSamples: data.valid.length,
    validRuleAuc: ruleAuc(data),
    trainableParameters: [...adapter.tensors.values()].reduce((sum, { data: values }) => sum + values.length, 0),
    provider: options.provider,
    precision: options.precision,
  };
  state.events.push(started);
  yield started;
  for (const message of [...(options.notes ?? []), ...rows.notes]) {
    const note: TuningEvent = { type: 'note', step: state.step, message };
    state.events.push(note);
    yield note;
  }

  const writeNext = async (dir: string, current: TrainingState) => {
    const { step } = current;
    const written = await writeCheckpoint(dir, current, identity);
    onCheckpoint?.({ step, dir: written });
  };
  /** What the validation samples were answered at a step: of the best so far, and of the last. */
  const answered = new Map<number, AnswerLogits[]>();
  const validate = async () => {
    const { answers, ...validation } = await rows.validate(state.adapter, signal);
    for (const step of answered.keys()) if (step !== state.best?.step) answered.delete(step);
    if (answers) answered.set(state.step, answers);
    return validation;
  };
  const stopReason = yield* train(model, rows.train, state, {
    hyperParameters,
    pairs: rows.pairs,
    totalSteps,
    evaluateEverySteps,
    validate: data.valid.length > 0 ? validate : undefined,
    checkpoint: checkpointDir ? (current) => writeNext(checkpointDir, current) : undefined,
    checkpointEverySteps: options.checkpointEverySteps ?? 10,
    signal,
    stop,
    clock,
  });
  const best = state.best?.adapter ?? state.adapter;
  if (stopReason === 'stopped' && (state.step === 0 || isEmpty(best))) throw nothingTrained();
  const known = answered.get(state.best?.step ?? state.step);
  const blend = stopReason === 'cancelled' ? null : await rows.blend(best, known, signal);
  return { adapter: best, blend, report: reportOf(options, rows.train.length, state, stopReason) };
}

function reportOf(
  { settings, data, provider, precision }: TuneOptions,
  trainSamples: number,
  state: TrainingState,
  stopReason: StopReason,
): TuneOutcome['report'] {
  return {
    stage: settings.stage,
    settings,
    precision,
    provider,
    trainSamples,
    validSamples: data.valid.length,
    validRuleAuc: ruleAuc(data),
    steps: state.step,
    bestStep: state.best?.step ?? state.step,
    bestValidAuc: state.best?.auc ?? null,
    bestValidLoss: state.best?.loss ?? null,
    stopReason,
    durationMs: state.durationMs,
    tokens: state.tokens,
    events: state.events,
  };
}

/** See `validRuleAucSchema`. */
function ruleAuc(data: TuningData): number | null {
  if (data.stage !== 'rec') return null;
  return auc(data.valid.map((sample) => ({ score: historyShare(sample), liked: sample.liked })));
}

interface PreparedRows {
  train: LabelledRow[];
  pairs?: PairLearning | undefined;
  notes: string[];
  validate: (adapter: LoraAdapter, signal: AbortSignal) => Promise<Validation & { answers?: AnswerLogits[] }>;
  /** @param known what the validation samples are answered with this adapter, where that was asked before */
  blend: (
    adapter: LoraAdapter,
    known: readonly AnswerLogits[] | undefined,
    signal: AbortSignal,
  ) => Promise<WholeBlend | null>;
}

function prepareRows(options: TuneOptions, random: Random): PreparedRows {
  const { model, tokenizer, settings, data, onValidationProgress: onProgress } = options;
  const { template, shots, hyperParameters } = settings;
  const cutoffTokens = Math.min(hyperParameters.cutoffTokens, model.config.maxPositionEmbeddings);
  const prompts = new PromptRows(tokenizer, { template, cutoffTokens, lossOn: hyperParameters.lossOn });
  if (data.train.length === 0) throw nothingToLearn('The training data is empty.');
  const notes: string[] = [];
  if (shots !== undefined && shots > data.train.length) {
    notes.push(`${shots} shots were asked for and ${data.train.length} samples are there: all of them are used.`);
  }
  const microBatchTokens = hyperParameters.microBatchTokens;
  if (data.stage === 'rec') {
    const drawn = drawShots(data.train, shots, random);
    notes.push(...leakNotes(drawn.map(rowKey), data.valid.map(rowKey)));
    const answered = drawn.map((sample): AnsweredRow => {
      const { user, liked } = sample;
      return { ...prompts.labelled(sample), user, liked };
    });
    const pairs = hyperParameters.lossPairs > 0 ? { rows: answered, answers: prompts.answerTokens } : undefined;
    if (pairs && pairsOf(answered).length === 0) throw nothingToPair();
    return {
      train: answered.map(({ tokens, labels }) => ({ tokens, labels })),
      pairs,
      notes,
      validate: (adapter, signal) =>
        validateSamples(model, prompts, data.valid, { adapter, microBatchTokens, signal, onProgress }),
      blend: async (adapter, known, signal) => {
        const rows = data.valid.map((sample) => prompts.prompt(sample));
        const judging = { adapter, microBatchTokens, signal, onProgress };
        const answers = known ?? (await answerLogits(model, rows, prompts.answerTokens, judging));
        return fitBlend(data.valid, answers, data.train, data.facts);
      },
    };
  }
  if (hyperParameters.lossPairs > 0) throw nothingToPair();
  const encode = (rows: readonly InstructionRow[]) =>
    rows.map((row) => prompts.instruction(row)).filter((row) => row !== undefined);
  const chosen = drawShots(data.train, shots, random);
  notes.push(...leakNotes(chosen.map(rowKey), data.valid.map(rowKey)));
  const [train, valid] = [encode(chosen), encode(data.valid)];
  const tooLong = chosen.length + data.valid.length - train.length - valid.length;
  if (tooLong > 0)
    notes.push(`${tooLong} instructions leave no room for an answer within ${cutoffTokens} tokens and are left out.`);
  if (train.length === 0)
    throw nothingToLearn(`No instruction leaves room for an answer within ${cutoffTokens} tokens.`);
  return {
    train,
    notes,
    validate: (adapter, signal) =>
      validateInstructions(model, valid, { adapter, microBatchTokens, signal, onProgress }),
    blend: async () => null,
  };
}

/** The same for rows that read the same, whoever's they are. */
function rowKey(row: LabelledSample | InstructionRow): string {
  if ('instruction' in row) return JSON.stringify([row.instruction, row.input, row.output]);
  const { noun, history, target, liked } = row;
  return JSON.stringify([
    noun,
    history.map((item) => [item.title, item.by, item.liked]),
    [target.title, target.by],
    liked,
  ]);
}

function leakNotes(train: readonly string[], valid: readonly string[]): string[] {
  const learned = new Set(train);
  const leaked = valid.filter((key) => learned.has(key)).length;
  if (leaked === 0) return [];
  const rows = `${leaked} of the ${valid.length} validation rows stand among the training rows, too`;
  return [`${rows}: what is measured on them says nothing of others, and the adapter that is kept is chosen by it.`];
}

/** A copy to train on; the dropout is this run's. */
function startFrom(init: LoraAdapter, { loraDropout }: HyperParameters): LoraAdapter {
  const { config, tensors } = copyAdapter(init);
  return { config: { ...config, dropout: loraDropout }, tensors };
}

function identityOf(
  { settings, modelContentHash, precision, data, init }: TuneOptions,
  rows: PreparedRows,
): RunIdentity {
  const hashOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
  // A machine of another memory goes on in micro-batches of its own.
  const { microBatchTokens: _, lossPairs, ...others } = settings.hyperParameters;
  // Runs of versions that did not know of pairs go on.
  const hyperParameters = { ...others, ...(lossPairs > 0 ? { lossPairs } : {}) };
  return {
    settings: hashOf({ ...settings, hyperParameters }),
    model: modelContentHash,
    // The provider may be another: in one precision all give the same but for rounding.
    precision,
    'training data': hashOf(rows.train),
    'validation data': hashOf(data.valid),
    'start adapter': init ? hashTensors(init) : 'none',
  };
}

export function nothingTrained(): TallrecError {
  return new TallrecError('CANCELLED', 'The tuning was stopped and has no adapter: nothing was trained yet.');
}

function nothingToPair(): TallrecError {
  return new TallrecError(
    'VALIDATION_FAILED',
    'A loss on pairs was asked for (lossPairs), and no user has both a liked and a disliked target among the training samples.',
    { fix: 'Name the users of the samples, take more shots, or leave lossPairs at 0.' },
  );
}

function nothingToLearn(message: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', message, { fix: 'Check the training file and its format.' });
}
