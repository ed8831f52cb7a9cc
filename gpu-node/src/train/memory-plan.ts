// What a LoRA tuning will need of a provider's memory, stated before it starts: from the graph that it would run, without its weights.

import type { Provider } from '../graph/execution.ts';
import type { Extension, Graph } from '../graph/graph.ts';
import { runMemory } from '../graph/memory.ts';
import type { LlamaConfig } from '../llama/config.ts';
import { gradientGraph, hiddenGraph } from '../llama/graphs.ts';
import { widenUpToBytesFor } from '../llama/load.ts';
import type { LinearModule } from '../llama/lora.ts';
import { adapterTensors } from '../llama/peft.ts';
import { QuantizedTensors } from '../llama/quantized-tensors.ts';
import { BYTES_PER_ELEMENT, type Checkpoint, type TensorLocation } from '../llama/safetensors.ts';
import { StoredTensors } from '../llama/stored-tensors.ts';
import { isQuantized, storedEntries, type WeightFormat } from '../llama/weight-file.ts';
import { type ComputeType, LlamaWeights } from '../llama/weights.ts';

export interface PlanRequest {
  config: LlamaConfig;
  provider: Provider;
  extensions: readonly Extension[];
  weights: WeightFormat;
  /** float32 when left out. */
  compute?: ComputeType | undefined;
  /** Tokens of a sequence, and how many of them are to be predicted. */
  length: number;
  labelled: number;
  lora: { rank: number; targetModules: readonly LinearModule[] };
  limitBytes: number;
  /** Sequences computed at once; chosen when left out. */
  microBatch?: number | undefined;
}

export interface MemoryPlan {
  fits: boolean;
  totalBytes: number;
  limitBytes: number;
  provider: Provider;
  weights: WeightFormat;
  /** What is computed in. */
  precision: 'f32' | 'f16';
  length: number;
  /** Sequences of `length` tokens computed at once. */
  microBatch: number;
  /** Whether each layer is computed again in the backward pass, as less would not fit. */
  checkpointing: boolean;
  parts: PlanParts;
}

/** Bytes. */
export interface PlanParts {
  weights: number;
  /** What the forward pass keeps for the backward pass, what both hold for a moment (widened weights among it), and validation. */
  activations: number;
  /** What each labelled position adds. */
  logits: number;
  /** Of the adapter, as they come out of a run and as they are summed. */
  gradients: number;
  /** The adapter, the best one so far, and AdamW's two moments. */
  optimizer: number;
  /** The process or the device's context, and what the allocator cannot fill. */
  slack: number;
}

/** More tokens at once bring the CPU nothing, and a GPU little. */
const MOST_TOKENS: Record<Provider, number> = { cpu: 2048, webgpu: 8192, cuda: 16384 };
/** Node with ONNX Runtime; with a device, its context. */
const BASE_BYTES: Record<Provider, number> = { cpu: 120e6, webgpu: 400e6, cuda: 600e6 };
/** What an arena holds beyond what is in use: blocks of changing sizes leave gaps. Measured on the CPU. */
const GAPS: Record<Provider, number> = { cpu: 0.3, webgpu: 0.2, cuda: 0.2 };

/** The largest micro-batch that fits; with checkpointing only when nothing fits without; the smallest need when nothing fits at all. */
export function planMemory(request: PlanRequest): MemoryPlan {
  const { microBatch, length, provider } = request;
  const most = Math.max(1, Math.floor(MOST_TOKENS[provider] / length));
  const plan = (checkpointing: boolean) => {
    const needs = needsOf(request, checkpointing);
    const planFor = (size: number) => planOf(request, size, checkpointing, needs(size));
    return planFor(microBatch ?? largest(most, (size) => planFor(size).fits) ?? 1);
  };
  const plain = plan(false);
  return plain.fits ? plain : plan(true);
}

/** The largest of 1 … `most` that passes, where all below one that passes do. */
function largest(most: number, passes: (size: number) => boolean): number | undefined {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low || undefined;
}

function planOf(
  { provider, weights, compute, length, limitBytes }: PlanRequest,
  microBatch: number,
  checkpointing: boolean,
  parts: PlanParts,
): MemoryPlan {
  const totalBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  const fits = totalBytes <= limitBytes;
  return {
    fits,
    totalBytes,
    limitBytes,
    provider,
    weights,
    precision: compute === 'float16' ? 'f16' : 'f32',
    length,
    microBatch,
    checkpointing,
    parts,
  };
}

/** The parts by the number of sequences. */
function needsOf(request: PlanRequest, checkpointing: boolean): (microBatch: number) => PlanParts {
  const { config, provider, extensions, compute, lora, length, labelled } = request;
  const { tensors, ...stored } = plannedTensors(request);
  const options = { extensions, modules: lora.targetModules, sharesPrefix: false };
  const weightsInGraph = new LlamaWeights(config, tensors, compute);
  const training = gradientGraph(weightsInGraph, { ...options, checkpointing, dropout: true });
  const validation = hiddenGraph(weightsInGraph, options);
  const adapterBytes = adapterTensors(lora, config).reduce((sum, { shape }) => sum + 4 * shape[0] * shape[1], 0);
  const weights = weightBytes(tensors.widened, stored);

  return (microBatch) => {
    const run = (graph: Graph, positions: number) => {
      const sizes = { B: microBatch, T: length, N: positions, rank: lora.rank, positions: length };
      const { inputBytes, peakBytes } = runMemory(graph, sizes, tensors.widened);
      return inputBytes + peakBytes;
    };
    // On the CPU training and validation have a session each, which keeps what it took; a device's one session serves both.
    const [trains, validates] = [run(training, 1), run(validation, microBatch)];
    const activations = provider === 'cpu' ? trains + validates : Math.max(trains, validates);
    const logits = run(training, microBatch * labelled) - run(training, 1);
    const inUse = activations + logits;
    // Sessions are made before a run holds anything: for a moment they have more of the weights than later.
    const making = Math.max(0, weights.making - weights.resident - inUse * (1 + GAPS[provider]));
    return {
      weights: weights.resident,
      activations,
      logits,
      gradients: 2 * adapterBytes,
      optimizer: 4 * adapterBytes,
      slack: Math.round(BASE_BYTES[provider] + inUse * GAPS[provider] + making),
    };
  };
}

interface StoredBytes {
  storedBytes: number;
  float32Bytes: number;
}

/**
 * Weights as they are stored stay in their file, mapped, or once on the device. Widened ones, which only the CPU has, are copies of each
 * session, one for gradients and one for validation; while it is made, the latter has another in the order that products read.
 */
function weightBytes(widened: boolean, { storedBytes, float32Bytes }: StoredBytes) {
  if (!widened) return { resident: storedBytes, making: storedBytes };
  return { resident: 2 * float32Bytes, making: 3 * float32Bytes + storedBytes };
}

/** The weights' places in a graph, in a file that is not there. */
function plannedTensors({ config, provider, weights, compute = 'float32' }: PlanRequest) {
  const tensors = new Map<string, TensorLocation>();
  for (const [name, { dtype, shape }] of storedEntries(config, weights)) {
    const byteLength = shape.reduce((product, size) => product * size, 1) * BYTES_PER_ELEMENT[dtype];
    tensors.set(name, { file: '', byteOffset: 0, byteLength, dtype, shape });
  }
  const all = [...tensors.values()];
  const checkpoint: Checkpoint = { dir: '', tensors, files: [] };
  return {
    tensors: isQuantized(weights)
      ? new QuantizedTensors(config, checkpoint, weights)
      : new StoredTensors(config, checkpoint, widenUpToBytesFor(compute, provider)),
    storedBytes: all.reduce((sum, { byteLength }) => sum + byteLength, 0),
    float32Bytes: all.reduce((sum, { byteLength, dtype }) => sum + (4 * byteLength) / BYTES_PER_ELEMENT[dtype], 0),
  };
}
