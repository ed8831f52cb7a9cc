// A benchmark, not a test: the engine and its rivals on the same rows in one run, taking turns, since a machine's speed wanders.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { Runtime } from '../graph/execution.ts';
import { moduleShape } from '../llama/linear-modules.ts';
import { LINEAR_MODULES, type LoraAdapter } from '../llama/lora.ts';
import { sharedPrefix } from '../llama/micro-batch.ts';
import { microBatches } from '../llama/micro-batches.ts';
import type { LabelledRow, LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';
import { rankCandidates, scoreSamples } from '../score/scorer.ts';
import { type Contender, MICRO_BATCH_TOKENS, promptOf, type Work } from './contender.ts';
import { gemmRate } from './gemm-rate.ts';

export interface Timing {
  contender: string;
  work: Work;
  rows: 'prompts' | '8 × 128';
  /** One pass over the rows: the median and the best of the rounds. */
  medianMs: number;
  bestMs: number;
  samplesPerSecond: number;
  tokensPerSecond: number;
  /** Of the machine's float32 matrix products, counted by the linear layers' work that the engine cannot avoid; the engine's only. */
  gemmShare: number | null;
}

export interface RankingTiming {
  contender: string;
  candidates: number;
  historyItems: number;
  rankMs: number;
  pointwiseMs: number;
  largestLogitDifference: number;
}

export interface BenchOptions {
  rounds: number;
  onProgress: (what: string) => void;
}

export async function timeContenders(
  contenders: readonly Contender[],
  engine: { model: LanguageModel; runtime: Runtime },
  workloads: Record<Timing['rows'], readonly LabelledRow[]>,
  { rounds, onProgress }: BenchOptions,
): Promise<Timing[]> {
  const timed: { runner: Contender; work: Work; rows: Timing['rows']; ms: number[] }[] = [];
  let rate = 0;
  for (const rows of ['prompts', '8 × 128'] as const) {
    for (const work of ['train', 'score'] as const) {
      const runners = contenders.filter(({ works }) => works.includes(work));
      const durations = runners.map((runner) => ({ runner, work, rows, ms: [] as number[] }));
      // The first round warms up and is not counted.
      for (let round = 0; round <= rounds; round++) {
        rate = Math.max(rate, await gemmRate(engine.runtime, () => performance.now()));
        for (const { runner, ms: own } of durations) {
          const ms = await runner.time(work, workloads[rows]);
          onProgress(`${work}, ${rows}, ${runner.name}: ${ms.toFixed(0)} ms${round === 0 ? ', warming up' : ''}`);
          if (round > 0) own.push(ms);
        }
      }
      timed.push(...durations);
    }
  }
  return timed.map(({ runner, work, rows, ms }) => {
    const flops = runner === contenders[0] ? linearFlops(engine.model, workloads[rows], work) : undefined;
    return timing(runner.name, work, rows, ms, workloads[rows], flops && flops / rate);
  });
}

function timing(
  contender: string,
  work: Work,
  rows: Timing['rows'],
  durations: readonly number[],
  labelled: readonly LabelledRow[],
  idealSeconds: number | undefined,
): Timing {
  const sorted = [...durations].sort((a, b) => a - b);
  const [bestMs, medianMs] = [sorted[0]!, sorted[sorted.length >> 1]!];
  const tokens = labelled.reduce((sum, row) => sum + row.tokens.length, 0);
  return {
    ...{ contender, work, rows, medianMs, bestMs },
    samplesPerSecond: (1000 * labelled.length) / bestMs,
    tokensPerSecond: (1000 * tokens) / bestMs,
    gemmShare: idealSeconds === undefined ? null : (1000 * idealSeconds) / bestMs,
  };
}

/** Products of the frozen matrices with the tokens that are computed: once forward, and once more for the gradients above layer 0. */
function linearFlops({ config, sharePrefix }: LanguageModel, rows: readonly LabelledRow[], work: Work): number {
  const perLayer = LINEAR_MODULES.reduce(
    (sum, module) => sum + moduleShape(config, module)[0] * moduleShape(config, module)[1],
    0,
  );
  const tokens = rows.map((row) => row.tokens.slice(0, -1));
  let computed = 0;
  for (const batch of microBatches(tokens, MICRO_BATCH_TOKENS, { sharePrefix })) {
    const members = batch.map((index) => tokens[index]!);
    const shared = sharePrefix ? sharedPrefix(members) : 0;
    computed += shared + members.reduce((sum, row) => sum + row.length - shared, 0);
  }
  const layers = (config.layers - 1) * (work === 'train' ? 2 : 1);
  return 2 * perLayer * layers * computed;
}

/** Twenty candidates after one history, against the same twenty prompts with nothing shared. */
export async function timeRanking(
  contender: string,
  { shared, plain }: { shared: LanguageModel; plain: LanguageModel },
  prompts: PromptRows,
  samples: readonly LabelledSample[],
  adapter: LoraAdapter,
  { rounds, onProgress }: BenchOptions,
): Promise<RankingTiming> {
  const { noun, history } = samples.reduce((longest, sample) =>
    sample.history.length > longest.history.length ? sample : longest,
  );
  const input = { noun, history: history.slice(0, 10), candidates: samples.slice(0, 20).map(({ target }) => target) };
  const pointwise = input.candidates.map((target) => ({ noun, history: input.history, target }));
  let [rankMs, pointwiseMs, largestLogitDifference] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let round = 0; round <= rounds; round++) {
    onProgress(`ranking, ${contender}, round ${round} of ${rounds}`);
    const startedAt = performance.now();
    const { results } = await rankCandidates(shared, prompts, input, { adapter });
    const rankedAt = performance.now();
    const scored = await scoreSamples(plain, prompts, pointwise, { adapter });
    const scoredAt = performance.now();
    for (const { index, yesLogit } of results) {
      const difference = Math.abs(yesLogit - scored.results[index]!.yesLogit);
      largestLogitDifference = Math.max(largestLogitDifference, difference);
    }
    if (round === 0) continue;
    rankMs = Math.min(rankMs, rankedAt - startedAt);
    pointwiseMs = Math.min(pointwiseMs, scoredAt - rankedAt);
  }
  const { candidates } = input;
  return {
    contender,
    candidates: candidates.length,
    historyItems: input.history.length,
    rankMs,
    pointwiseMs,
    largestLogitDifference,
  };
}

export interface StartTiming {
  contender: string;
  /** Until a first short prompt is scored: the model is loaded and its session made, the converted file being there. */
  loadMs: number;
  tokens: number;
  /** Then, of the first prompt of so many tokens. */
  firstScoreMs: number;
}

/** @param prompt token ids; cut or repeated to 250 */
export async function timeStart(
  contender: string,
  load: () => Promise<LanguageModel>,
  prompt: readonly number[],
  answers: readonly number[],
): Promise<StartTiming> {
  const long = Array.from({ length: 250 }, (_, i) => prompt[i % prompt.length]!);
  const startedAt = performance.now();
  const model = await load();
  await model.nextTokenLogits([long.slice(0, 8)], undefined, answers);
  const loadedAt = performance.now();
  await model.nextTokenLogits([long], undefined, answers);
  const scoredAt = performance.now();
  await model.close();
  return { contender, loadMs: loadedAt - startedAt, tokens: long.length, firstScoreMs: scoredAt - loadedAt };
}

export interface Accuracy {
  /** Of the scores' logit differences with those in float32, over the prompts. */
  rowCorrelation: number;
  /** Between all LoRA gradients of the prompts and those in float32. */
  gradientCosine: number;
}

/** What computing in eight bits costs. */
export async function compareWithFloat32(
  float32: LanguageModel,
  int8: LanguageModel,
  rows: readonly LabelledRow[],
  adapter: LoraAdapter,
  answers: readonly number[],
): Promise<Accuracy> {
  const [expected, actual] = [
    await logitDifferences(float32, rows, adapter, answers),
    await logitDifferences(int8, rows, adapter, answers),
  ];
  const few = rows.slice(0, 8);
  const exact = (await float32.lossAndGradients(few, adapter, { lossWeight: 1 })).gradients;
  const rounded = (await int8.lossAndGradients(few, adapter, { lossWeight: 1 })).gradients;
  let [dot, exactSquare, roundedSquare] = [0, 0, 0];
  for (const [name, gradient] of exact) {
    gradient.forEach((value, i) => {
      const other = rounded.get(name)![i]!;
      dot += value * other;
      exactSquare += value ** 2;
      roundedSquare += other ** 2;
    });
  }
  return {
    rowCorrelation: correlation(expected, actual),
    gradientCosine: dot / Math.sqrt(exactSquare * roundedSquare),
  };
}

async function logitDifferences(
  model: LanguageModel,
  rows: readonly LabelledRow[],
  adapter: LoraAdapter,
  answers: readonly number[],
): Promise<number[]> {
  const logits = await model.nextTokenLogits(rows.map(promptOf), adapter, answers);
  return rows.map((_, row) => logits[2 * row]! - logits[2 * row + 1]!);
}

/** Pearson's. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance(a, meanA, b, meanB) / Math.sqrt(covariance(a, meanA, a, meanA) * covariance(b, meanB, b, meanB));
}

/** Peak resident bytes of training on 8 × 128 tokens, in a process of its own; computed in int8 where its file is named. */
export async function peakMemory(dir: string, threads: number, int8File?: string): Promise<number> {
  const script = fileURLToPath(new URL('./peak-memory.ts', import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', script, dir, String(threads), ...(int8File ? [int8File] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return (JSON.parse(stdout) as { peakBytes: number }).peakBytes;
}
