// An adapter's tensors, scale and dropout as feeds of a graph.
import type { Tensor } from '../graph/execution.ts';
import { dropThreshold, tokenKeys } from './dropout.ts';
import { type LoraAdapter, loraScale } from './lora.ts';
import { DROP_THRESHOLD, DROPOUT_KEYS, LORA_SCALE } from './lora-inputs.ts';
import type { MicroBatch } from './micro-batch.ts';

type Feeds = Record<string, Tensor>;

/** Nothing for no adapter. */
export function adapterFeeds(adapter: LoraAdapter | undefined): Feeds {
  if (!adapter) return {};
  const feeds: Feeds = { [LORA_SCALE]: scalar(loraScale(adapter.config)) };
  for (const [name, { shape, data }] of adapter.tensors) feeds[name] = { type: 'float32', dims: shape, data };
  return feeds;
}

/** With dropout, what is kept counts 1 / (1 − p) as much: A's input is scaled so, or, which is the same, the branch. */
export function dropoutFeeds(adapter: LoraAdapter, seed: number, batch: MicroBatch): Feeds {
  const { dropout } = adapter.config;
  const keys = tokenKeys(seed, batch);
  return {
    [LORA_SCALE]: scalar(dropout < 1 ? loraScale(adapter.config) / (1 - dropout) : 0),
    [DROP_THRESHOLD]: { type: 'int32', dims: [], data: Int32Array.of(dropThreshold(dropout)) },
    [DROPOUT_KEYS]: { type: 'int32', dims: [keys.length], data: keys },
  };
}

export function scalar(value: number): Tensor {
  return { type: 'float32', dims: [], data: Float32Array.of(value) };
}
