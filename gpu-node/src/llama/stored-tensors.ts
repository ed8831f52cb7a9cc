// A checkpoint's f32, f16 and bf16 tensors as constants of a graph, left where they lie in their files.
import { TallrecError } from '@tallrec/shared/errors';
import type { Tape } from '../autodiff/tape.ts';
import type { ElementType } from '../graph/element-type.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { Cast } from '../graph/operators.ts';
import type { LlamaConfig } from './config.ts';
import { excerpt } from './json-file.ts';
import type { Checkpoint, Dtype, TensorLocation } from './safetensors.ts';
import { HEAD, type WeightTensors, weightShapes } from './weights.ts';

const STORED_TYPES: Partial<Record<Dtype, ElementType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export class StoredTensors implements WeightTensors {
  readonly widened: boolean;
  readonly #locations: ReadonlyMap<string, TensorLocation>;

  /**
   * @param widenUpToBytes weights that take no more than this in float32 are widened once
   * @throws TallrecError naming the tensor that is missing, or has another shape or type than the configuration asks for
   */
  constructor(config: LlamaConfig, checkpoint: Checkpoint, widenUpToBytes: number) {
    this.#locations = checkedLocations(config, checkpoint);
    const locations = [...this.#locations.values()];
    const float32Bytes = locations.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    const narrow = locations.some(({ dtype }) => dtype !== 'F32');
    this.widened = narrow && float32Bytes <= widenUpToBytes;
  }

  linear(tape: Tape, name: string, x: Value): Value {
    const stored = this.#stored(x.graph, name);
    const weight = this.widened ? Cast(stored, x.type) : stored;
    return tape.apply('Linear', { x, weight }, {});
  }

  /** Widened after they are gathered. */
  rows(tape: Tape, name: string, indices: Value): Value {
    return Cast(tape.apply('Gather', { table: this.#stored(indices.graph, name), indices }, {}), 'float32');
  }

  vector(graph: Graph, name: string): Value {
    return Cast(this.#stored(graph, name), 'float32');
  }

  #stored(graph: Graph, name: string): Value {
    const location = this.#locations.get(name);
    if (!location) throw new Error(`no tensor ${name}`);
    return graph.external(name, STORED_TYPES[location.dtype]!, location.shape, location);
  }
}

/** @throws TallrecError naming the tensor that is missing, or has another shape or type than the configuration asks for */
export function checkedLocations(config: LlamaConfig, checkpoint: Checkpoint): Map<string, TensorLocation> {
  return new Map([...weightShapes(config)].map(([name, shape]) => [name, checkedLocation(checkpoint, name, shape)]));
}

function checkedLocation({ dir, tensors }: Checkpoint, name: string, shape: readonly number[]): TensorLocation {
  const location = tensors.get(name);
  const fix = 'Check that config.json belongs to these weights, or download the checkpoint again.';
  if (!location) throw lacks(dir, tensors, name, fix);
  if (location.shape.join() !== shape.join()) {
    const message = `${dir}: tensor ${name} is [${location.shape}], where config.json asks for [${shape}].`;
    throw new TallrecError('MODEL_UNSUPPORTED', message, { fix });
  }
  if (!STORED_TYPES[location.dtype]) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${dir}: tensor ${name} is stored as ${location.dtype}.`, {
      fix: 'Use a checkpoint in f32, f16 or bf16.',
    });
  }
  return location;
}

function lacks(dir: string, tensors: Checkpoint['tensors'], name: string, fix: string): TallrecError {
  const lacking = `${dir} lacks the tensor ${name}`;
  if (name === HEAD) {
    return new TallrecError('MODEL_UNSUPPORTED', `${lacking}.`, {
      fix: 'If the model\'s head is its embeddings, set "tie_word_embeddings": true in config.json; else download the checkpoint again.',
    });
  }
  const alike = [...tensors.keys()].find((other) => other.endsWith(`.${name}`) || name.endsWith(`.${other}`));
  if (alike === undefined) return new TallrecError('MODEL_UNSUPPORTED', `${lacking}.`, { fix });
  return new TallrecError('MODEL_UNSUPPORTED', `${lacking}, and has ${excerpt(alike)} in its place.`, {
    fix: 'Save the model by save_pretrained of transformers, under the names that it gives.',
  });
}
