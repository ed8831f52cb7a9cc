// Angles of the rotary position embedding, with Llama 3's and YaRN's stretch of the slow ones.
import type { Tensor } from '../graph/execution.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { LlamaConfig } from './config.ts';
import type { RopeScaling } from './rope-scaling.ts';

/** Radians a position turns each of the D / 2 pairs by, as transformers' types of these names define them. */
export function inverseFrequencies(config: LlamaConfig): number[] {
  const { headDim, ropeTheta, ropeScaling } = config;
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  switch (ropeScaling?.type) {
    case undefined:
      return frequencies;
    case 'linear':
      return frequencies.map((frequency) => frequency / ropeScaling.factor);
    case 'llama3':
      return frequencies.map((frequency) => stretch(frequency, ropeScaling));
    case 'yarn':
      return blend(frequencies, config, ropeScaling);
  }
}

/** Kept up to a pair, divided from another on, and in between a share of each. */
function blend(frequencies: number[], { headDim, ropeTheta }: LlamaConfig, scaling: Scaling<'yarn'>): number[] {
  const { factor, betaFast, betaSlow, truncate, originalMaxPositionEmbeddings } = scaling;
  const pairOf = (turns: number) =>
    (headDim * Math.log(originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(ropeTheta));
  const [first, last] = truncate
    ? [Math.floor(pairOf(betaFast)), Math.ceil(pairOf(betaSlow))]
    : [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(first, 0);
  const high = Math.min(last, headDim - 1);
  const width = high === low ? 0.001 : high - low;
  return frequencies.map((frequency, pair) => {
    const divided = Math.min(1, Math.max(0, (pair - low) / width));
    return divided * (frequency / factor) + (1 - divided) * frequency;
  });
}

type Scaling<T extends RopeScaling['type']> = Extract<RopeScaling, { type: T }>;

function stretch(frequency: number, scaling: Scaling<'llama3'>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns > highFreqFactor) return frequency;
  if (turns < lowFreqFactor) return frequency / factor;
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}

/**
 * Cosines and sines [length, D / 2] of the positions 0 … length − 1, from angles rounded to float32 as PyTorch's are. They are fed to
 * the graph: on GPUs these two functions may be off by 2⁻¹¹.
 */
export function rotaryFeeds(config: LlamaConfig, length: number): { rope_cos: Tensor; rope_sin: Tensor } {
  const frequencies = Float32Array.from(inverseFrequencies(config));
  const angles = Float32Array.from(
    { length: length * frequencies.length },
    (_, i) => Math.trunc(i / frequencies.length) * frequencies[i % frequencies.length]!,
  );
  const scale = config.ropeScaling?.type === 'yarn' ? config.ropeScaling.attentionFactor : 1;
  const table = (of: (angle: number) => number): Tensor => {
    const data = angles.map((angle) => scale * of(angle));
    return { type: 'float32', dims: [length, frequencies.length], data };
  };
  return { rope_cos: table(Math.cos), rope_sin: table(Math.sin) };
}

/** The graph's inputs for `rotaryFeeds`. */
export function rotaryInputs(graph: Graph, { headDim }: LlamaConfig): { cos: Value; sin: Value } {
  const dims = ['positions', headDim / 2];
  return { cos: graph.input('rope_cos', 'float32', dims), sin: graph.input('rope_sin', 'float32', dims) };
}
