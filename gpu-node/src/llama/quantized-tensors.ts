// Weights in 8 or 4 bits as constants of a graph, mapped from a file that `weight-file.ts` wrote.
import type { Tape } from '../autodiff/tape.ts';
import { type ElementType, timesDim } from '../graph/element-type.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { DequantizeLinear, Gather, Reshape } from '../graph/operators.ts';
import type { LlamaConfig } from './config.ts';
import { blockSize, type QuantizedType } from './quantize.ts';
import type { Checkpoint, TensorLocation } from './safetensors.ts';
import { quantizedType, scaleName } from './weight-file.ts';
import { type WeightTensors, weightShapes } from './weights.ts';

export class QuantizedTensors implements WeightTensors {
  /** They are there to be small. */
  readonly widened = false;
  readonly #format: QuantizedType;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #locations: ReadonlyMap<string, TensorLocation>;

  constructor(config: LlamaConfig, { tensors }: Checkpoint, format: QuantizedType) {
    this.#format = format;
    this.#shapes = weightShapes(config);
    this.#locations = tensors;
  }

  linear(tape: Tape, name: string, x: Value): Value {
    const { outSize, inSize, ...stored } = this.#matrix(x.graph, name);
    return tape.apply('QuantizedLinear', { x, ...stored }, { outSize, inSize });
  }

  rows(_tape: Tape, name: string, indices: Value): Value {
    const { quantized, scale, outSize, inSize } = this.#matrix(indices.graph, name);
    const perRow = (x: Value, width: number) => Gather(Reshape(x, [outSize, width]), indices); // [N, width]
    const block = quantized.shape[1] as number;
    const count = indices.shape[0]!;
    const all = timesDim(count, inSize / block);
    const blocks = Reshape(perRow(quantized, inSize), [all, block]);
    const scales = Reshape(perRow(scale, inSize / block), [all]);
    return Reshape(DequantizeLinear(blocks, scales), [count, inSize]);
  }

  vector(graph: Graph, name: string): Value {
    return this.#external(graph, name, 'float32', this.#shape(name));
  }

  #matrix(graph: Graph, name: string) {
    const [outSize, inSize] = this.#shape(name) as [number, number];
    const type = quantizedType(this.#format, name);
    const block = blockSize(type, inSize);
    const blocks = inSize / block; // of a row
    const asBlocks = type === 'int4' && graph.extensions.has('Int4Blocks');
    const quantized = this.#external(graph, name, type, asBlocks ? [outSize, inSize] : [outSize * blocks, block]);
    const scale = this.#external(graph, scaleName(name), 'float32', asBlocks ? [outSize, blocks] : [outSize * blocks]);
    return { quantized, scale, outSize, inSize };
  }

  #shape(name: string): readonly number[] {
    const shape = this.#shapes.get(name);
    if (!shape) throw new Error(`no tensor ${name}`);
    return shape;
  }

  #external(graph: Graph, name: string, type: ElementType, shape: readonly number[]): Value {
    const location = this.#locations.get(name);
    if (!location) throw new Error(`no tensor ${name}`);
    return graph.external(name, type, shape, location);
  }
}
