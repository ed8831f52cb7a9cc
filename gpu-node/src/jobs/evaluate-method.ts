// A method of the results tables as an evaluation: fit on the shots of a job's data, then judged on other samples.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { methodNamed, usesLanguageModel } from '@tallrec/shared/methods';
import { Random } from '@tallrec/shared/random';
import { withoutLabel } from '@tallrec/shared/sample';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { JobProgress } from '@tallrec/shared/wire/link';
import { config } from '../config.ts';
import { readInstructions } from '../data/read-rows.ts';
import { withInferredUsers } from '../evaluate/infer-users.ts';
import { judge } from '../evaluate/judge.ts';
import { throwIfCancelled } from '../methods/cancelled.ts';
import { IN_CONTEXT_DEFAULTS } from '../methods/in-context.ts';
import { type LoadedModel, SharedLanguageModel } from '../methods/language-model.ts';
import type { FitData, Method } from '../methods/method.ts';
import { methodsFrom } from '../methods/registry.ts';
import { sha256File } from '../models/content-hash.ts';
import { drawShots } from '../train/tune.ts';
import type { DataPlace, ParsedParams } from './engine-calls.ts';
import { labelledSamples, recData } from './job-data.ts';

type Params = ParsedParams<'evaluate'>;
export type MethodEvaluationParams = Params & { fit: NonNullable<Params['fit']> };

export interface MethodEvaluationOptions {
  /** How a language model is computed. */
  computing: { provider: string; precision: string };
  load: (place: NonNullable<Params['model']>) => Promise<Pick<LoadedModel, 'model' | 'tokenizer'>>;
  signal: AbortSignal;
  progress: (progress: JobProgress) => void;
  clock?: () => number;
}

export interface MethodEvaluation {
  report: EvaluationReport;
  /** In the order of the samples; higher scores mean more likely liked, on the method's own scale. */
  predictions: { score: number; liked: boolean; user: string | undefined }[];
}

/**
 * @throws TallrecError when the data cannot be learned from, this node lacks what the method needs, or the signal is aborted
 */
export async function evaluateMethod(
  params: MethodEvaluationParams,
  options: MethodEvaluationOptions,
): Promise<MethodEvaluation> {
  const { fit, limit, data } = params;
  const { signal, progress, clock = () => performance.now() } = options;
  const phase = (name: 'fit' | 'score') => {
    const startedAt = clock();
    return (done: number, total: number) => {
      const etaMs = done > 0 ? ((clock() - startedAt) / done) * (total - done) : null;
      progress({ kind: 'evaluate', phase: name, done, total, etaMs });
    };
  };
  const samples = (await labelledSamples(data)).slice(0, limit ?? undefined);
  const shots = await fitData(params);
  const { method, provider } = await openMethod(params, options);

  const fitStartedAt = clock();
  const fitted = await method.fit(shots, { seed: fit.seed, signal, onProgress: phase('fit') });
  try {
    const fitMs = clock() - fitStartedAt + (fitted.earlierMs ?? 0);
    const scoringStartedAt = clock();
    const scores = await fitted.score(samples.map(withoutLabel), { signal, onProgress: phase('score') });
    throwIfCancelled(signal);
    const durationMs = clock() - scoringStartedAt;
    const { figures, users } = judge(samples, scores, { train: shots.train });
    const onModel = usesLanguageModel(fit.method);
    return {
      predictions: samples.map(({ liked }, index) => ({ score: scores[index]!, liked, user: users[index] })),
      report: {
        ...figures,
        template: onModel ? params.template : null,
        precision: onModel ? options.computing.precision : null,
        provider,
        tokens: fitted.tokens ?? 0,
        durationMs,
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

/** The shots are those that `tallrec experiment` draws by the same seed from the same samples. */
async function fitData({
  fit: { method, shots, seed },
  train: place,
  valid: validPlace,
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
  return { train: shots === null ? train : drawShots(train, shots, Random.seeded(seed)), valid };
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
  await mkdir(checkpointDir, { recursive: true });
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
    adaptersDir: checkpointDir,
    ...IN_CONTEXT_DEFAULTS,
    load: async () => ({ ...(await load(model)), ...computing }),
  });
}
