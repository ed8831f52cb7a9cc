// `tallrec bench`: how fast this machine trains and scores, beside PyTorch and llama.cpp where they are installed.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import Table from 'cli-table3';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type Accuracy,
  compareWithFloat32,
  peakMemory,
  type RankingTiming,
  type StartTiming,
  type Timing,
  timeContenders,
  timeRanking,
  timeStart,
} from '../bench/bench.ts';
import { type Contender, engine, llamaCpp, pytorch } from '../bench/contender.ts';
import { Rival } from '../bench/rival.ts';
import { benchAdapter, unlikeRows } from '../bench/rows.ts';
import { config } from '../config.ts';
import { readLabelledSamples } from '../data/read-rows.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { loadTokenizer } from '../llama/tokenizer.ts';
import { computedWeights } from '../models/converted-weights.ts';
import { resolveModel } from '../models/store.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { wholeNumber } from './option-values.ts';
import { say } from './progress.ts';

const RIVALS = ['pytorch', 'llama.cpp'] as const;
type RivalName = (typeof RIVALS)[number];

interface Options {
  model: string;
  samples: string;
  count: number;
  rounds: number;
  compare: RivalName[];
  python: string;
  gguf?: string;
  json?: boolean;
}

export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('Time training, scoring and ranking on the CPU, taking turns with other engines where asked to.')
    .requiredOption('--model <dir|name>', 'a LLaMA checkpoint, by directory or by its name in the store')
    .requiredOption('--samples <file>', 'TALLRec samples with labels: JSON array or JSONL')
    .option('--count <n>', 'how many of the samples make up one pass', wholeNumber(20), 24)
    .option('--rounds <n>', 'timed rounds; the best and the median are reported', wholeNumber(1), 3)
    .option('--compare <names>', `rivals, by comma: ${RIVALS.join(', ')}`, parseRivals, [])
    .option('--python <command>', 'a Python that has torch, transformers and peft', 'python3')
    .option('--gguf <file>', 'the same model for llama.cpp')
    .option('--json', 'print one JSON document')
    .action(bench);
}

async function bench(options: Options): Promise<void> {
  const { threads = availableParallelism(), ...paths } = config();
  const place = await resolveModel(options.model, paths);
  const { dir } = place;
  const int8File = computedWeights(paths.home, place, 'int8')!;
  const runtime = createRuntime('cpu', { threads });
  const [shared, int8] = [await loadLanguageModel(dir, runtime), await loadLanguageModel(dir, runtime, { int8File })];
  const prompts = new PromptRows(await loadTokenizer(dir), { template: 'clean', cutoffTokens: 512 });
  const samples = (await readLabelledSamples(options.samples)).slice(0, options.count);
  const adapter = benchAdapter(shared.config, Random.seeded(1));
  const workloads = {
    prompts: samples.map((sample) => prompts.labelled(sample)),
    '8 × 128': unlikeRows(shared.config.vocabSize, Random.seeded(2)),
  };
  const { yes, no } = prompts.answerTokens;
  const run = { rounds: options.rounds, onProgress: (what: string) => say(what) };

  const torch = options.compare.includes('pytorch') ? startPytorch(options.python, dir, threads) : undefined;
  const contenders: Contender[] = [
    engine('TALLRec f32', shared, adapter, [yes, no]),
    engine('TALLRec int8', int8, adapter, [yes, no]),
    ...(torch ? [pytorch('f32', torch), pytorch('bf16', torch)] : []),
    ...(options.compare.includes('llama.cpp') ? [llamaCpp(startLlamaCpp(options.gguf, threads))] : []),
  ];
  const timings = await timeContenders(contenders, { model: shared, runtime }, workloads, run);
  const ranking: RankingTiming[] = [];
  for (const [name, model, options] of [
    ['TALLRec f32', shared, {}],
    ['TALLRec int8', int8, { int8File }],
  ] as const) {
    const plain = await loadLanguageModel(dir, runtime, { ...options, sharePrefix: false });
    ranking.push(await timeRanking(name, { shared: model, plain }, prompts, samples, adapter, run));
    await plain.close();
  }
  const accuracy = await compareWithFloat32(shared, int8, workloads.prompts, adapter, [yes, no]);
  for (const contender of contenders) await contender.end();
  const { tokens: prompt } = workloads.prompts[0]!;
  const start = [
    await timeStart('TALLRec f32', () => loadLanguageModel(dir, runtime), prompt, [yes, no]),
    await timeStart('TALLRec int8', () => loadLanguageModel(dir, runtime, { int8File }), prompt, [yes, no]),
  ];
  const peakBytes: Record<string, number> = {
    'TALLRec f32': await peakMemory(dir, threads),
    'TALLRec int8': await peakMemory(dir, threads, int8File),
  };
  if (torch) Object.assign(peakBytes, await pytorchPeaks(options.python, dir, threads, workloads['8 × 128']));
  const document = {
    threads,
    count: samples.length,
    rounds: options.rounds,
    timings,
    ranking,
    start,
    accuracy,
    peakBytes,
  };
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : describe(document));
}

function startPytorch(python: string, dir: string, threads: number): Rival {
  const script = fileURLToPath(new URL('../bench/pytorch.py', import.meta.url));
  return new Rival('PyTorch', python, [script, dir, String(threads)]);
}

/** Each precision in a fresh process, since a peak is never forgotten. */
async function pytorchPeaks(
  python: string,
  dir: string,
  threads: number,
  rows: unknown,
): Promise<Record<string, number>> {
  const peaks: Record<string, number> = {};
  for (const precision of ['f32', 'bf16'] as const) {
    const worker = startPytorch(python, dir, threads);
    const request = { work: 'train', precision, batches: [rows] };
    for (let step = 0; step < 3; step++) {
      peaks[`PyTorch ${precision}`] = (await worker.ask<{ peakBytes: number }>(request)).peakBytes;
    }
    worker.end();
  }
  return peaks;
}

function startLlamaCpp(gguf: string | undefined, threads: number): Rival {
  const entry = join(process.cwd(), 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
  if (!gguf || !existsSync(entry)) {
    throw new TallrecError('VALIDATION_FAILED', 'llama.cpp cannot be compared with.', {
      fix: 'Run "npm install node-llama-cpp" in a folder of its own, then this command from there, with --gguf FILE.',
    });
  }
  const script = fileURLToPath(new URL('../bench/llama-cpp.ts', import.meta.url));
  return new Rival('llama.cpp', process.execPath, [script, entry, gguf, String(threads)]);
}

interface Measured {
  timings: readonly Timing[];
  ranking: readonly RankingTiming[];
  start: readonly StartTiming[];
  accuracy: Accuracy;
  peakBytes: Record<string, number>;
}

function describe({ timings, ranking, start, accuracy, peakBytes }: Measured): string {
  const table = new Table({
    head: ['work', 'rows', 'engine', 'ms', 'samples/s', 'tokens/s', 'TALLRec f32 is', 'of f32 GEMM rate'],
  });
  for (const timing of timings) {
    const own = timings.find(({ work, rows }) => work === timing.work && rows === timing.rows)!;
    table.push([
      timing.work,
      timing.rows,
      timing.contender,
      `${timing.bestMs.toFixed(0)} (median ${timing.medianMs.toFixed(0)})`,
      timing.samplesPerSecond.toFixed(2),
      timing.tokensPerSecond.toFixed(0),
      timing === own ? '' : `${(timing.bestMs / own.bestMs).toFixed(2)} × as fast`,
      timing.gemmShare === null ? '' : `${(100 * timing.gemmShare).toFixed(0)} %`,
    ]);
  }
  const lines = [
    table.toString(),
    ...ranking.map(
      ({ contender, candidates, historyItems, rankMs, pointwiseMs, largestLogitDifference }) =>
        `Ranking ${candidates} candidates after ${historyItems} items, ${contender}: ${rankMs.toFixed(0)} ms, one by one ${pointwiseMs.toFixed(0)} ms: ` +
        `${(pointwiseMs / rankMs).toFixed(1)} × as fast; logits differ by ${largestLogitDifference.toExponential(1)} at most.`,
    ),
    ...start.map(
      ({ contender, loadMs, tokens, firstScoreMs }) =>
        `${contender}: ready to score in ${loadMs.toFixed(0)} ms; then the first prompt of ${tokens} tokens in ${firstScoreMs.toFixed(0)} ms.`,
    ),
    `Computing in int8: scores correlate ${accuracy.rowCorrelation.toFixed(4)} with float32's, gradients have the cosine ${accuracy.gradientCosine.toFixed(4)}.`,
    ...Object.entries(peakBytes).map(
      ([name, bytes]) => `Peak memory of training on 8 × 128 tokens, ${name}: ${(bytes / 2 ** 20).toFixed(0)} MiB.`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function parseRivals(value: string): RivalName[] {
  return value.split(',').map((name) => {
    const rival = RIVALS.find((known) => known === name.trim());
    if (!rival) throw new InvalidArgumentError(`${name} is none of ${RIVALS.join(', ')}.`);
    return rival;
  });
}
