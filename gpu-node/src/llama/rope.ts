// Angles of the rotary position embedding, with Llama 3's stretch of the slow ones.
import type { Graph } from '../graph/graph.ts';
import { Cast, Cos, Mul, Range, Sin, Unsqueeze } from '../graph/operators.ts';
import type { Value } from '../graph/value.ts';
import type { LlamaConfig, RopeScaling } from './config.ts';

/** Radians a position turns each of the D / 2 pairs by, as transformers' default and `llama3` types define them. */
export function inverseFrequencies({ headDim, ropeTheta, ropeScaling }: LlamaConfig): number[] {
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  return ropeScaling ? frequencies.map((frequency) => stretch(frequency, ropeScaling)) : frequencies;
}

function stretch(frequency: number, scaling: RopeScaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns > highFreqFactor) return frequency;
  if (turns < lowFreqFactor) return frequency / factor;
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}

/** Cosines and sines [T, D / 2] of the positions 0 … T − 1. */
export function rotaryAngles(graph: Graph, config: LlamaConfig, length: string): { cos: Value; sin: Value } {
  const positions = Unsqueeze(Cast(Range(graph, length), 'float32'), 1);
  const frequencies = graph.constant('float32', inverseFrequencies(config), [1, config.headDim / 2]);
  const angles = Mul(positions, frequencies);
  return { cos: Cos(angles), sin: Sin(angles) };
}
