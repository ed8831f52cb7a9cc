// A checkpoint's tensors as constants of a graph, left where they lie in their files.
import { realpathSync } from 'node:fs';
import { TallrecError } from '@tallrec/shared/errors';
import type { Graph } from '../graph/graph.ts';
import { Cast, Gather } from '../graph/operators.ts';
import type { ElementType, Value } from '../graph/value.ts';
import type { LlamaConfig } from './config.ts';
import { modulePath, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';
import type { Checkpoint, Dtype, TensorLocation } from './safetensors.ts';

const STORED_TYPES: Partial<Record<Dtype, ElementType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export class LlamaWeights {
  readonly config: LlamaConfig;
  /** Whether f16 and bf16 matrices are widened once, when a session is made; else each time they are used. */
  readonly widened: boolean;
  readonly #tensors: ReadonlyMap<string, TensorLocation>;

  /**
   * @param widenUpToBytes weights that take no more than this in float32 are widened once
   * @throws TallrecError naming the tensor that is missing, or has another shape or type than the configuration asks for
   */
  constructor(config: LlamaConfig, checkpoint: Checkpoint, widenUpToBytes: number) {
    this.config = config;
    this.#tensors = new Map(
      [...expectedShapes(config)].map(([name, shape]) => [name, checkedLocation(checkpoint, name, shape)]),
    );
    const narrow = [...this.#tensors.values()].some(({ dtype }) => dtype !== 'F32');
    this.widened = narrow && this.float32Bytes <= widenUpToBytes;
  }

  /** Bytes that all weights take in float32. */
  get float32Bytes(): number {
    return [...this.#tensors.values()].reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  }

  linear(graph: Graph, layer: number, module: LinearModule): Value {
    return this.#matrix(graph, `${modulePath(layer, module)}.weight`);
  }

  norm(graph: Graph, layer: number, which: 'input_layernorm' | 'post_attention_layernorm'): Value {
    return Cast(this.#stored(graph, `model.layers.${layer}.${which}.weight`), 'float32');
  }

  finalNorm(graph: Graph): Value {
    return Cast(this.#stored(graph, 'model.norm.weight'), 'float32');
  }

  /** Token embeddings [V, H] as stored: rows are widened after they are gathered. */
  embeddings(graph: Graph): Value {
    return this.#stored(graph, EMBEDDINGS);
  }

  /** The output matrix [V, H]. */
  head(graph: Graph): Value {
    return this.#matrix(graph, headName(this.config));
  }

  /** Chosen rows of the output matrix, float32 [K, H]. */
  headRows(graph: Graph, columns: Value): Value {
    return Cast(Gather(this.#stored(graph, headName(this.config)), columns), 'float32');
  }

  #matrix(graph: Graph, name: string): Value {
    const stored = this.#stored(graph, name);
    return this.widened ? Cast(stored, 'float32') : stored;
  }

  #stored(graph: Graph, name: string): Value {
    const location = this.#tensors.get(name);
    if (!location) throw new Error(`no tensor ${name}`);
    return graph.external(name, STORED_TYPES[location.dtype]!, location.shape, location);
  }
}

const EMBEDDINGS = 'model.embed_tokens.weight';

function headName({ tieWordEmbeddings }: LlamaConfig): string {
  return tieWordEmbeddings ? EMBEDDINGS : 'lm_head.weight';
}

function expectedShapes(config: LlamaConfig): Map<string, readonly number[]> {
  const { hiddenSize, vocabSize, layers } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDINGS, [vocabSize, hiddenSize]);
  for (let layer = 0; layer < layers; layer++) {
    for (const module of LINEAR_MODULES) shapes.set(`${modulePath(layer, module)}.weight`, moduleShape(config, module));
    shapes.set(`model.layers.${layer}.input_layernorm.weight`, [hiddenSize]);
    shapes.set(`model.layers.${layer}.post_attention_layernorm.weight`, [hiddenSize]);
  }
  shapes.set('model.norm.weight', [hiddenSize]);
  shapes.set(headName(config), [vocabSize, hiddenSize]);
  return shapes;
}

function checkedLocation({ dir, tensors }: Checkpoint, name: string, shape: readonly number[]): TensorLocation {
  const location = tensors.get(name);
  const fix = 'Check that config.json belongs to these weights, or download the checkpoint again.';
  if (!location) throw new TallrecError('MODEL_UNSUPPORTED', `${dir} lacks the tensor ${name}.`, { fix });
  if (location.shape.join() !== shape.join()) {
    const message = `${dir}: tensor ${name} is [${location.shape}], where config.json asks for [${shape}].`;
    throw new TallrecError('MODEL_UNSUPPORTED', message, { fix });
  }
  if (!STORED_TYPES[location.dtype]) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${dir}: tensor ${name} is stored as ${location.dtype}.`, {
      fix: 'Use a checkpoint in f32, f16 or bf16.',
    });
  }
  // Caches of the Hugging Face hub hold links; external data may not lead out of its folder by one.
  return { ...location, file: realpathSync(location.file) };
}
