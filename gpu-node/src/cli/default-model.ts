// `tallrec default-model`: trains the small LLaMA that the repository carries, from MovieLens latest-small and from nothing else.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomically } from '../atomic-file.ts';
import { config } from '../config.ts';
import { readMovieLens } from '../default-model/movielens.ts';
import { type Pretrained, pretrain } from '../default-model/pretrain.ts';
import { RECIPE, totalSteps, wordingOf } from '../default-model/recipe.ts';
import type { CurvePoint, Training } from '../default-model/training-file.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { NARROW } from '../graph/narrow.ts';
import { encodeHeader } from '../llama/safetensors.ts';
import { TRAINING_FILE } from '../models/own-training.ts';
import { drawChart } from '../report/chart.ts';
import type { Chart } from '../report/chart-spec.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { wholeNumber } from './option-values.ts';
import { formatMs, say, showProgress } from './progress.ts';

interface Options {
  data: string;
  out: string;
  work: string;
  seed: number;
}

export function registerDefaultModel(program: Command): void {
  program
    .command('default-model')
    .description(
      'Train the default model again from MovieLens latest-small. Ctrl-C stops it; the same command goes on.',
    )
    .requiredOption('--data <dir>', 'the unpacked archive: movies.csv and ratings.csv')
    .requiredOption('--out <dir>', 'gets the checkpoint in float16, training.json and its curves as pictures')
    .option('--work <dir>', 'keeps what a stopped run needs to go on', '.tallrec/default-model')
    .option('--seed <n>', 'of every random choice', wholeNumber(0), 0)
    .action(run);
}

async function run({ data, out, work, seed }: Options): Promise<void> {
  const movieLens = await readMovieLens(data);
  const ratings = movieLens.learned.reduce((sum, own) => sum + own.length, 0);
  say(
    `${movieLens.learned.length} users to learn from, with ${ratings} ratings; ${movieLens.watched.length} to judge by.`,
  );
  if (movieLens.ratingsLeftOut > 0) say(`${movieLens.ratingsLeftOut} ratings of films without a title were left out.`);
  const { threads } = config();
  const steps = totalSteps(RECIPE);
  const progress = showProgress('Training', 'steps');
  const pretrained = await pretrain({
    movieLens,
    recipe: RECIPE,
    seed,
    runtime: createRuntime('cpu', threads ? { threads } : {}),
    workDir: work,
    signal: interruptSignal(),
    clock: () => performance.now(),
    onStep: ({ step, tokens, durationMs }, loss, msPerStep) => {
      const rate = Math.round((1000 * tokens) / durationMs);
      const losses = Object.entries(loss).flatMap(([kind, nats]) =>
        nats === undefined ? [] : `${nats.toFixed(3)} ${kind}`,
      );
      const note = `loss ${losses.join(', ')}, ${rate} tokens/s`;
      progress.update(step, steps, (steps - step) * msPerStep, note);
    },
    onWatch: ({ step, watched }) => {
      progress.stop();
      const { knownAuc, tallrecAuc } = watched.at(-1)!;
      say(
        `Step ${step}: AUC ${knownAuc.toFixed(3)} in a known wording, ${tallrecAuc.toFixed(3)} in TALLRec's, untuned.`,
      );
    },
  });
  progress.stop();
  if (!pretrained.finished)
    return say(`Stopped at step ${pretrained.training.step}. The same command goes on from there.`);
  const titles = movieLens.learned.flatMap((own) => own.map(({ film }) => film.title));
  const users = movieLens.learned.length;
  await writeModel(out, pretrained, { seed, users, ratings, catalogue: [...new Set(titles)].sort() });
  say(`Trained in ${formatMs(pretrained.training.durationMs)}; the model is in ${out}.`);
}

async function writeModel(
  out: string,
  { training, files }: Pretrained,
  { seed, users, ratings, catalogue }: { seed: number; users: number; ratings: number; catalogue: string[] },
): Promise<void> {
  await mkdir(out, { recursive: true });
  const tensors = [...training.weights].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = encodeHeader(
    tensors.map(([name, { shape }]) => [name, { dtype: 'F16', shape }]),
    { format: 'pt' },
  );
  await writeFileAtomically(join(out, 'model.safetensors'), [
    ...header,
    ...tensors.map(([, { data }]) => NARROW.F16(data)),
  ]);
  for (const [name, json] of Object.entries(files)) {
    const indent = name === 'tokenizer' ? undefined : 2;
    await writeFileAtomically(join(out, `${name}.json`), [`${JSON.stringify(json, null, indent)}\n`]);
  }
  const { step, tokens, durationMs, curve, watched } = training;
  const tallrecWording = wordingOf(RECIPE);
  const report = { seed, users, ratings, tallrecWording, steps: step, tokens, durationMs, curve, watched, catalogue };
  await writeFileAtomically(join(out, TRAINING_FILE), [`${JSON.stringify(report)}\n`]);
  for (const [name, chart] of Object.entries(charts(training))) {
    await writeFileAtomically(join(out, `${name}.svg`), [`${await drawChart(chart)}\n`]);
  }
}

function charts({ curve, watched }: Training): Record<'loss' | 'auc', Chart> {
  const x = { title: 'optimizer steps' };
  const losses = (name: string, lossOf: (point: CurvePoint) => number | undefined) => {
    const points = curve.flatMap((point) => {
      const y = lossOf(point);
      return y === undefined ? [] : { x: point.step, y };
    });
    return { name, points };
  };
  return {
    loss: {
      kind: 'lines',
      label: 'Loss of the default model in training',
      x,
      y: { title: 'nats a learned token' },
      points: false,
      series: [
        losses('ratings as sequences', ({ sequenceLoss }) => sequenceLoss),
        losses('questions', ({ questionLoss }) => questionLoss),
        losses('reading drills', ({ drillLoss }) => drillLoss),
      ],
    },
    auc: {
      kind: 'lines',
      label: 'AUC of the default model in training, on users it does not learn from',
      x,
      y: { title: 'AUC × 100', reference: 50 },
      series: [
        { name: 'a wording it knows', points: watched.map(({ step, knownAuc }) => ({ x: step, y: 100 * knownAuc })) },
        {
          name: "TALLRec's, untuned",
          points: watched.map(({ step, tallrecAuc }) => ({ x: step, y: 100 * tallrecAuc })),
        },
      ],
    },
  };
}
