// Trains the default model on MovieLens: every weight, from nothing, seeded, resumable at every checkpoint.
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { writeFileAtomically } from '../atomic-file.ts';
import type { Runtime } from '../graph/execution.ts';
import { parseLlamaConfig } from '../llama/config.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { microBatches } from '../llama/micro-batches.ts';
import type { LabelledRow } from '../llama/model.ts';
import { writeSafetensors } from '../llama/safetensors.ts';
import { createTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import { initialWeights, TrainableModel } from '../llama/trainable-model.ts';
import { adamWStep, clipGradientNorm, createAdamW } from '../train/adamw.ts';
import { addGradients, labelledTokens } from '../train/gradients.ts';
import { learningRateAt } from '../train/schedule.ts';
import { pick } from './draw.ts';
import type { MovieLens } from './movielens.ts';
import { labelledRow, textOf } from './passage.ts';
import { drawQuestion } from './questions.ts';
import { ARCHITECTURE, OPTIMIZER, phaseAt, type Recipe, totalSteps } from './recipe.ts';
import { drawSequence } from './sequences.ts';
import { END_TOKEN, trainTokenizer } from './tokenizer-file.ts';
import { readTraining, type Training, writeTraining } from './training-file.ts';
import { watch, watchedSamples } from './watch.ts';

export interface PretrainOptions {
  movieLens: MovieLens;
  recipe: Recipe;
  seed: number;
  runtime: Runtime;
  /** Keeps what a run needs to go on. */
  workDir: string;
  signal: AbortSignal;
  onStep: (training: Training, loss: { sequences: number; questions: number }, msPerStep: number) => void;
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
  let since = { steps: 0, sequences: 0, questions: 0 };

  try {
    while (training.step < steps && !signal.aborted) {
      const loss = await step(model, tokenizer, training, options);
      training.durationMs = clock() - startedAt;
      since = {
        steps: since.steps + 1,
        sequences: since.sequences + loss.sequences,
        questions: since.questions + loss.questions,
      };
      if (training.step % CURVE_EVERY_STEPS === 0) {
        const { steps, sequences, questions } = since;
        training.curve.push({ step: training.step, sequenceLoss: sequences / steps, questionLoss: questions / steps });
        since = { steps: 0, sequences: 0, questions: 0 };
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

function tokenizerTexts({ movieLens, recipe: { tokenizer, phases }, seed }: PretrainOptions) {
  const random = Random.seeded(seed + TOKENIZER_SEED_OFFSET);
  const counts = new Map<string, number>();
  for (const { film } of movieLens.learned.flat()) counts.set(film.title, (counts.get(film.title) ?? 0) + 1);
  const titles = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, tokenizer.titles)
    .map(([title]) => title);
  const questions = Array.from({ length: tokenizer.questions }, () =>
    textOf(drawQuestion(random, movieLens, phases[0]!.mixture)),
  );
  return { texts: [...questions, ...movieLens.films.map(({ title }) => title)], merges: tokenizer.merges, titles };
}

/** What step `step` learns from follows from the seed and its number alone, so that a run goes on where it stood. */
function drawRows(step: number, tokenizer: Tokenizer, { movieLens, recipe, seed }: PretrainOptions) {
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
  };
}

/** One update: the mean loss of a sequence's token and the mean loss of an answer's count alike. */
async function step(model: TrainableModel, tokenizer: Tokenizer, training: Training, options: PretrainOptions) {
  const { recipe } = options;
  const rows = drawRows(training.step, tokenizer, options);
  const gradients = new Map<string, Float32Array>();
  const sequences = await accumulate(model, rows.sequences, gradients, recipe);
  const questions = await accumulate(model, rows.questions, gradients, recipe);
  clipGradientNorm(gradients, recipe.clipNorm);
  const { phase, stepInPhase } = phaseAt(recipe, training.step);
  const learningRate = learningRateAt(stepInPhase, { ...phase, totalSteps: phase.steps });
  adamWStep(training.optimizer, training.weights, gradients, learningRate, OPTIMIZER);
  training.step++;
  for (const { tokens } of [...rows.sequences, ...rows.questions]) training.tokens += tokens.length;
  return { sequences, questions };
}

/** Adds half of the mean loss's gradient; returns the mean loss. */
async function accumulate(
  model: TrainableModel,
  rows: readonly LabelledRow[],
  gradients: Map<string, Float32Array>,
  { microBatchTokens }: Recipe,
): Promise<number> {
  const labelled = labelledTokens(rows);
  const tokens = rows.map((row) => row.tokens);
  let loss = 0;
  for (const indices of microBatches(tokens, microBatchTokens, { sharePrefix: false })) {
    const part = await model.lossAndGradients(
      indices.map((index) => rows[index]!),
      0.5 / labelled,
    );
    loss += 2 * part.loss;
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
