// A method of the results tables as an evaluation: fit on the shots of a job's data, then judged on other samples.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { probabilityOf } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import { methodNamed, usesLanguageModel } from '@tallrec/shared/methods';
import { Random } from '@tallrec/shared/random';
import { type LabelledSample, withoutLabel } from '@tallrec/shared/sample';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { config } from '../config.ts';
import { readFactsDocument } from '../data/read-item-facts.ts';
import { readInstructions } from '../data/read-rows.ts';
import { withInferredUsers } from '../evaluate/infer-users.ts';
import { judge } from '../evaluate/judge.ts';
import { type OnScored, scoreInSlices } from '../evaluate/score-in-slices.ts';
import type { ScoredRows } from '../evaluate/scores-checkpoint.ts';
import { showScores } from '../evaluate/show-scores.ts';
import { throwIfCancelled } from '../methods/cancelled.ts';
import { IN_CONTEXT_DEFAULTS } from '../methods/in-context.ts';
import { type LoadedModel, SharedLanguageModel } from '../methods/language-model.ts';
import type { FitData, FittedMethod, Method } from '../methods/method.ts';
import { methodsFrom } from '../methods/registry.ts';
import { sha256File } from '../models/content-hash.ts';
import type { LocalCheckpoint } from '../train/checkpoint-folder.ts';
import { drawShots } from '../train/tune.ts';
import type { DataPlace, ParsedParams } from './engine-calls.ts';
import { dataIdentity, labelledSamples, recData } from './job-data.ts';
import { phaseProgress } from './phase-progress.ts';

type Params = ParsedParams<'evaluate'>;
export type MethodEvaluationParams = Params & { fit: NonNullable<Params['fit']> };

export interface MethodEvaluationOptions {
  /** How a language model is computed. */
  computing: { provider: string; precision: string };
  load: (place: NonNullable<Params['model']>) => Promise<Pick<LoadedModel, 'model' | 'tokenizer'>>;
  signal: AbortSignal;
  /** Aborted while it fits, there is nothing to keep; while it scores, what is scored by then is reported on. */
  stop: AbortSignal;
  event: (event: NodeEvent) => void;
  checkpoint: (checkpoint: LocalCheckpoint) => void;
  checkpointEveryMs?: number | undefined;
  clock?: () => number;
}

export interface MethodEvaluation {
  report: EvaluationReport;
  /** In the order of the samples; higher scores mean more likely liked, on the method's own scale. */
  predictions: { score: number; liked: boolean; user: string | undefined }[];
}

/**
 * @throws TallrecError when the data cannot be learned from, this node lacks what the method needs, the signal is aborted, or it was
 * stopped before anything was scored
 */
export async function evaluateMethod(
  params: MethodEvaluationParams,
  options: MethodEvaluationOptions,
): Promise<MethodEvaluation> {
  const { fit, limit, data } = params;
  const { event, clock = () => performance.now() } = options;
  const samples = (await labelledSamples(data)).slice(0, limit ?? undefined);
  const shots = await fitData(params);
  const { method, provider } = await openMethod(params, options);

  const fitStartedAt = clock();
  const fitted = await fitUnlessStopped(method, shots, fit.seed, options);
  try {
    const fitMs = clock() - fitStartedAt + (fitted.earlierMs ?? 0);
    const fitTokens = fitted.tokens ?? 0;
    const scored = await scoreRows(fitted, samples, params, options, phaseProgress('score', event, clock));
    const judged = samples.slice(0, scored.rows);
    const scores = Array.from(scored.values.subarray(0, scored.rows));
    const { figures, users } = judge(judged, scores, { train: shots.train });
    const probabilities = fitted.logOdds ? scores.map(probabilityOf) : undefined;
    const onModel = usesLanguageModel(fit.method);
    return {
      predictions: judged.map(({ liked }, index) => ({ score: scores[index]!, liked, user: users[index] })),
      report: {
        ...figures,
        ...showScores(judged, { scores, probabilities, users }),
        template: onModel ? params.template : null,
        precision: onModel ? options.computing.precision : null,
        provider,
        tokens: fitTokens + scored.tokens,
        durationMs: scored.durationMs,
        fit: {
          trainSamples: shots.train.length,
          validSamples: shots.valid.length,
          chosen: { ...fitted.chosen },
          durationMs: fitMs,
        },
      },
    };
  } finally {
    await fitted.close?.();
  }
}

async function fitUnlessStopped(
  method: Method,
  shots: FitData,
  seed: number,
  { signal, stop, event, clock }: MethodEvaluationOptions,
): Promise<FittedMethod> {
  try {
    const either = AbortSignal.any([signal, stop]);
    return await method.fit(shots, { seed, signal: either, onProgress: phaseProgress('fit', event, clock) });
  } catch (error) {
    if (!stop.aborted || signal.aborted) throw error;
    const words = `The evaluation was stopped while ${method.name} was still being fit: it has nothing to report.`;
    throw new TallrecError('CANCELLED', words, { cause: error });
  }
}

/** In slices that an evaluation can be stopped between and go on from, where rows are scored apart from each other; else at once. */
async function scoreRows(
  fitted: FittedMethod,
  samples: readonly LabelledSample[],
  params: MethodEvaluationParams,
  { signal, stop, checkpoint, checkpointEveryMs, computing, clock = () => performance.now() }: MethodEvaluationOptions,
  onProgress: OnScored,
): Promise<ScoredRows> {
  const score = async (from: number, to: number, onPart: (done: number) => void) => {
    const before = fitted.tokens ?? 0;
    const values = await fitted.score(samples.slice(from, to).map(withoutLabel), { signal, onProgress: onPart });
    throwIfCancelled(signal);
    return { values, tokens: (fitted.tokens ?? 0) - before };
  };
  const rows = samples.length;
  const { identity: fit } = fitted;
  if (fit === undefined) {
    const startedAt = clock();
    const { values, tokens } = await score(0, rows, (done) => onProgress(done, rows));
    return { rows, columns: 1, values: Float64Array.from(values), tokens, durationMs: clock() - startedAt };
  }
  const identity = { ...(await identityOf(params)), computing: `${computing.provider} ${computing.precision}`, fit };
  const kept = { dir: params.checkpointDir, identity, onCheckpoint: checkpoint, everyMs: checkpointEveryMs };
  return scoreInSlices({ rows, columns: 1, score, checkpoint: kept, stop, onProgress, clock });
}

async function identityOf({
  model,
  fit,
  template,
  limit,
  ...places
}: MethodEvaluationParams): Promise<Record<string, string>> {
  return {
    method: JSON.stringify(fit),
    model: model?.contentHash ?? 'none',
    template,
    limit: String(limit),
    data: await dataIdentity(places.data),
    'training data': await dataIdentity(places.train),
    'validation data': await dataIdentity(places.valid),
    instructions: await dataIdentity(places.instructions),
  };
}

/** The shots are those that `tallrec experiment` draws by the same seed from the same samples. */
async function fitData({
  fit: { method, shots, seed },
  train: place,
  valid: validPlace,
  facts,
}: MethodEvaluationParams): Promise<FitData> {
  if (!place) return { train: [], valid: [] };
  const withUsers = async (from: DataPlace) => withInferredUsers(await labelledSamples(from));
  const { train, valid } = await recData({ train: place, valid: validPlace, seed }, withUsers);
  if (train.length === 0 || valid.length === 0) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `The training data gives ${train.length} samples to learn from and ${valid.length} to validate by; ${method} needs both.`,
      { fix: 'Use more training data, or name a validDataset.' },
    );
  }
  return {
    train: shots === null ? train : drawShots(train, shots, Random.seeded(seed)),
    valid,
    ...(facts === undefined ? {} : { facts: await readFactsDocument(facts) }),
  };
}

/** TensorFlow.js is loaded for what computes on it alone. */
async function openMethod(
  params: MethodEvaluationParams,
  { computing, load }: MethodEvaluationOptions,
): Promise<{ method: Method; provider: string | null }> {
  const { method: name } = params.fit;
  const { kind, needs } = methodNamed(name);
  let provider: string | null = null;
  let languageModel: SharedLanguageModel | undefined;
  let conventional: Method[] = [];
  if (kind === 'conventional') {
    const [{ conventionalMethods }, { openTensorflow }] = await Promise.all([
      import('../baselines/conventional-methods.ts'),
      import('../baselines/tensorflow.ts'),
    ]);
    const { encoderDir, home } = config();
    if (needs === 'encoder' && encoderDir === undefined) {
      throw new TallrecError('MODEL_UNSUPPORTED', `${name} needs a sentence encoder, and this node has none.`, {
        fix: 'Start the node with TALLREC_ENCODER=DIR, the folder of one such as all-MiniLM-L6-v2 as ONNX.',
      });
    }
    conventional = conventionalMethods({ encoderDir, cacheDir: join(home, 'cache', 'sentences') });
    provider = `TensorFlow.js ${(await openTensorflow()).backend}`;
  } else if (usesLanguageModel(name)) {
    languageModel = await sharedModel(params, computing, load);
    provider = computing.provider;
  }
  const method = methodsFrom({ conventional, languageModel }).find((candidate) => candidate.name === name);
  if (!method) throw new TallrecError('MODEL_UNSUPPORTED', `This node cannot run the method ${name}.`);
  return { method, provider };
}

async function sharedModel(
  { model, fit, template, instructions, checkpointDir }: MethodEvaluationParams,
  computing: MethodEvaluationOptions['computing'],
  load: MethodEvaluationOptions['load'],
): Promise<SharedLanguageModel> {
  if (!model) throw new TallrecError('VALIDATION_FAILED', `${fit.method} needs a model, and the job names none.`);
  // Beside the checkpoints of the scoring.
  const adaptersDir = join(checkpointDir, 'adapters');
  await mkdir(adaptersDir, { recursive: true });
  const hyperParameters = fit.hyperParameters ?? hyperParametersSchema.parse({});
  return new SharedLanguageModel({
    name: model.name,
    contentHash: model.contentHash,
    computing,
    template,
    hyperParameters,
    learningRates: [hyperParameters.learningRate],
    instructions: instructions
      ? { rows: await readInstructions(instructions.file), sha256: await sha256File(instructions.file) }
      : undefined,
    adaptersDir,
    ...IN_CONTEXT_DEFAULTS,
    load: async () => ({ ...(await load(model)), ...computing }),
  });
}
