// Trains the default model on MovieLens: every weight, from nothing, seeded, resumable at every checkpoint.
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { writeFileAtomically } from '../atomic-file.ts';
import type { Runtime } from '../graph/execution.ts';
import { NARROW } from '../graph/narrow.ts';
import { parseLlamaConfig } from '../llama/config.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { microBatches } from '../llama/micro-batches.ts';
import type { LabelledRow } from '../llama/model.ts';
import { writeSafetensors } from '../llama/safetensors.ts';
import { createTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import { initialWeights, TrainableModel } from '../llama/trainable-model.ts';
import { WIDEN } from '../llama/widen.ts';
import { adamWStep, clipGradientNorm, createAdamW } from '../train/adamw.ts';
import { addGradients, labelledTokens } from '../train/gradients.ts';
import { learningRateAt } from '../train/schedule.ts';
import { pick } from './draw.ts';
import type { MovieLens } from './movielens.ts';
import { labelledRow, textOf } from './passage.ts';
import { drawQuestion } from './questions.ts';
import { drawDrill } from './reading-drill.ts';
import { ARCHITECTURE, OPTIMIZER, phaseAt, type Recipe, totalSteps } from './recipe.ts';
import { drawSequence } from './sequences.ts';
import { END_TOKEN, trainTokenizer } from './tokenizer-file.ts';
import { type CurvePoint, readTraining, type Training, writeTraining } from './training-file.ts';
import { watch, watchedSamples } from './watch.ts';

/** Mean losses of a learned token; undefined for what a step does not hold. */
export type StepLoss = Record<'sequences' | 'questions' | 'drills', number | undefined>;

export interface PretrainOptions {
  movieLens: MovieLens;
  recipe: Recipe;
  seed: number;
  runtime: Runtime;
  /** Keeps what a run needs to go on. */
  workDir: string;
  signal: AbortSignal;
  onStep: (training: Training, loss: StepLoss, msPerStep: number) => void;
  onWatch: (training: Training) => void;
  clock: () => number;
}

export interface Pretrained {
  training: Training;
  /** `config.json`, `tokenizer.json` and `tokenizer_config.json`. */
  files: Record<'config' | 'tokenizer' | 'tokenizer_config', object>;
  finished: boolean;
}

const CURVE_EVERY_STEPS = 20;
const TOKENIZER_SEED_OFFSET = 1;

/** Goes on from the checkpoint in `workDir` where there is one; ends early, with a checkpoint, when the signal is aborted. */
export async function pretrain(options: PretrainOptions): Promise<Pretrained> {
  const { movieLens, recipe, seed, runtime, workDir, signal, clock } = options;
  await mkdir(workDir, { recursive: true });
  const trained = await trainTokenizer(tokenizerTexts(options));
  const files = {
    config: { ...ARCHITECTURE, vocab_size: trained.size },
    tokenizer: trained.file,
    tokenizer_config: { tokenizer_class: 'PreTrainedTokenizerFast', eos_token: END_TOKEN },
  };
  const tokenizer = createTokenizer(files.tokenizer, files.tokenizer_config, 'the default model');
  const config = parseLlamaConfig(files.config);

  const identity = createHash('sha256')
    .update(JSON.stringify([recipe, OPTIMIZER, files, seed, movieLens.learned]))
    .digest('hex');
  const path = join(workDir, 'training.safetensors');
  const training = (await readTraining(path, identity)) ?? newTraining(identity, config, seed);
  const model = new TrainableModel(config, training.weights, runtime);
  const samples = watchedSamples(movieLens.watched);
  const steps = totalSteps(recipe);
  const startedAt = clock() - training.durationMs;
  const firstStep = training.step;
  const began = clock();
  const titles = knownTitles(movieLens, recipe);
  let since: StepLoss[] = [];

  try {
    while (training.step < steps && !signal.aborted) {
      const loss = await step(model, tokenizer, titles, training, options);
      training.durationMs = clock() - startedAt;
      since.push(loss);
      if (training.step % CURVE_EVERY_STEPS === 0) {
        training.curve.push(curvePoint(training.step, since));
        since = [];
      }
      options.onStep(training, loss, (clock() - began) / (training.step - firstStep));
      if (training.step % recipe.watchEverySteps === 0 || training.step === steps) {
        training.watched.push({
          step: training.step,
          ...(await watchNow(training, files, tokenizer, samples, options)),
        });
        options.onWatch(training);
      }
      if (training.step % recipe.checkpointEverySteps === 0) await writeTraining(path, training);
    }
    await writeTraining(path, training);
  } finally {
    await model.close();
  }
  return { training, files, finished: training.step >= steps };
}

function newTraining(identity: string, config: ReturnType<typeof parseLlamaConfig>, seed: number): Training {
  const weights = initialWeights(config, Random.seeded(seed));
  const optimizer = createAdamW(weights);
  return { identity, step: 0, durationMs: 0, tokens: 0, curve: [], watched: [], weights, optimizer };
}

function curvePoint(step: number, losses: readonly StepLoss[]): CurvePoint {
  const mean = (kind: keyof StepLoss) => {
    const some = losses.map((loss) => loss[kind]).filter((loss) => loss !== undefined);
    return some.length > 0 ? some.reduce((sum, loss) => sum + loss, 0) / some.length : undefined;
  };
  return { step, sequenceLoss: mean('sequences'), questionLoss: mean('questions'), drillLoss: mean('drills') };
}

/** Those of the films that most users rated, which are one token each. */
function knownTitles(movieLens: MovieLens, { tokenizer }: Recipe): string[] {
  const counts = new Map<string, number>();
  for (const { film } of movieLens.learned.flat()) counts.set(film.title, (counts.get(film.title) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, tokenizer.titles)
    .map(([title]) => title);
}

function tokenizerTexts({ movieLens, recipe, seed }: PretrainOptions) {
  const { tokenizer, phases } = recipe;
  const random = Random.seeded(seed + TOKENIZER_SEED_OFFSET);
  const titles = knownTitles(movieLens, recipe);
  const questions = Array.from({ length: tokenizer.questions }, () =>
    textOf(drawQuestion(random, movieLens, phases[0]!.mixture)),
  );
  return { texts: [...questions, ...movieLens.films.map(({ title }) => title)], merges: tokenizer.merges, titles };
}

/** What step `step` learns from follows from the seed and its number alone, so that a run goes on where it stood. */
function drawRows(
  step: number,
  tokenizer: Tokenizer,
  titles: readonly string[],
  { movieLens, recipe, seed }: PretrainOptions,
): Record<keyof StepLoss, LabelledRow[]> {
  const { phase } = phaseAt(recipe, step);
  const random = Random.seeded(seed + 1_000_003 * (step + 1));
  const end = tokenizer.eosTokenId;
  return {
    sequences: Array.from({ length: phase.sequences }, () =>
      labelledRow(drawSequence(random, pick(random, movieLens.learned)), tokenizer),
    ),
    questions: Array.from({ length: phase.questions }, () =>
      labelledRow(drawQuestion(random, movieLens, phase.mixture), tokenizer, end),
    ),
    drills: Array.from({ length: phase.drills }, () =>
      labelledRow(drawDrill(random, titles, phase.mixture.tallrec), tokenizer),
    ),
  };
}

/** One update: the mean losses of a learned token of each kind of passage that the step holds count alike. */
async function step(
  model: TrainableModel,
  tokenizer: Tokenizer,
  titles: readonly string[],
  training: Training,
  options: PretrainOptions,
): Promise<StepLoss> {
  const { recipe } = options;
  const { phase, stepInPhase } = phaseAt(recipe, training.step);
  if (phase.fresh && stepInPhase === 0) beginAfresh(training);
  const rows = drawRows(training.step, tokenizer, titles, options);
  const weight = 1 / Object.values(rows).filter((some) => some.length > 0).length;
  const gradients = new Map<string, Float32Array>();
  const add = (some: readonly LabelledRow[]) => accumulate(model, some, weight, gradients, recipe);
  const loss = {
    sequences: await add(rows.sequences),
    questions: await add(rows.questions),
    drills: await add(rows.drills),
  };
  clipGradientNorm(gradients, recipe.clipNorm);
  const learningRate = learningRateAt(stepInPhase, { ...phase, totalSteps: phase.steps });
  adamWStep(training.optimizer, training.weights, gradients, learningRate, OPTIMIZER);
  training.step++;
  for (const { tokens } of Object.values(rows).flat()) training.tokens += tokens.length;
  return loss;
}

function beginAfresh(training: Training): void {
  for (const { data } of training.weights.values()) WIDEN.F16!(Buffer.from(NARROW.F16(data)), data, 0);
  training.optimizer = createAdamW(training.weights);
}

/** Adds the gradient of `weight` times the mean loss; returns the mean loss. */
async function accumulate(
  model: TrainableModel,
  rows: readonly LabelledRow[],
  weight: number,
  gradients: Map<string, Float32Array>,
  { microBatchTokens }: Recipe,
): Promise<number | undefined> {
  if (rows.length === 0) return undefined;
  const labelled = labelledTokens(rows);
  const tokens = rows.map((row) => row.tokens);
  let loss = 0;
  for (const indices of microBatches(tokens, microBatchTokens, { sharePrefix: false })) {
    const part = await model.lossAndGradients(
      indices.map((index) => rows[index]!),
      weight / labelled,
    );
    loss += part.loss / weight;
    addGradients(gradients, part.gradients);
  }
  return loss;
}

async function watchNow(
  { weights }: Training,
  files: Pretrained['files'],
  tokenizer: Tokenizer,
  samples: readonly LabelledSample[],
  { runtime, workDir }: PretrainOptions,
) {
  const dir = join(workDir, 'watched');
  await mkdir(dir, { recursive: true });
  await writeFileAtomically(join(dir, 'config.json'), [JSON.stringify(files.config)]);
  await writeSafetensors(join(dir, 'model.safetensors'), weights);
  const model = await loadLanguageModel(dir, runtime);
  try {
    return await watch(model, tokenizer, samples);
  } finally {
    await model.close();
    await rm(dir, { recursive: true, force: true });
  }
}
