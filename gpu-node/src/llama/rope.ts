// Angles of the rotary position embedding, with Llama 3's stretch of the slow ones.
import type { Tensor } from '../graph/execution.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { LlamaConfig } from './config.ts';
import type { RopeScaling } from './rope-scaling.ts';

/** Radians a position turns each of the D / 2 pairs by, as transformers' `default`, `linear` and `llama3` types define them. */
export function inverseFrequencies({ headDim, ropeTheta, ropeScaling }: LlamaConfig): number[] {
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  return ropeScaling ? frequencies.map((frequency) => stretch(frequency, ropeScaling)) : frequencies;
}

function stretch(frequency: number, scaling: RopeScaling): number {
  if (scaling.type === 'linear') return frequency / scaling.factor;
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
  const table = (of: (angle: number) => number): Tensor => {
    return { type: 'float32', dims: [length, frequencies.length], data: angles.map(of) };
  };
  return { rope_cos: table(Math.cos), rope_sin: table(Math.sin) };
}

/** The graph's inputs for `rotaryFeeds`. */
export function rotaryInputs(graph: Graph, { headDim }: LlamaConfig): { cos: Value; sin: Value } {
  const dims = ['positions', headDim / 2];
  return { cos: graph.input('rope_cos', 'float32', dims), sin: graph.input('rope_sin', 'float32', dims) };
}
