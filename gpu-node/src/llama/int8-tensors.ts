// Matrices in eight bits to compute with, as constants of a graph, mapped from a file that `weight-file.ts` wrote.
import type { Tape } from '../autodiff/tape.ts';
import type { ElementType } from '../graph/element-type.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { int8Parts } from './int8-matrix.ts';
import type { Checkpoint, Dtype, TensorLocation } from './safetensors.ts';
import { isRowTable, type WeightTensors } from './weights.ts';

const STORED_TYPES: Partial<Record<Dtype, ElementType>> = { F32: 'float32', I8: 'int8', I32: 'int32' };

export class Int8Tensors implements WeightTensors {
  readonly widened = false;
  readonly #locations: ReadonlyMap<string, TensorLocation>;

  constructor({ tensors }: Checkpoint) {
    this.#locations = tensors;
  }

  linear(tape: Tape, name: string, x: Value): Value {
    const { graph } = x;
    if (isRowTable(name)) return tape.apply('Linear', { x, weight: this.#stored(graph, name) }, {});
    const parts = int8Parts(name);
    const extended = this.#stored(graph, parts.terms);
    return tape.apply(
      'Int8Linear',
      {
        x,
        matrix: this.#firstRows(graph, parts.terms, x.shape[1] as number),
        extended,
        columns: this.#stored(graph, parts.columns),
        scale: this.#stored(graph, parts.scale),
        gradientMatrix: this.#stored(graph, parts.gradient),
        gradientScale: this.#stored(graph, parts.gradientScale),
      },
      {},
    );
  }

  rows(tape: Tape, name: string, indices: Value): Value {
    return tape.apply('Gather', { table: this.#stored(indices.graph, name), indices }, {});
  }

  vector(graph: Graph, name: string): Value {
    return this.#stored(graph, name);
  }

  #firstRows(graph: Graph, name: string, rows: number): Value {
    const location = this.#location(name);
    const [, columns] = location.shape as [number, number];
    return graph.external(`${name}.first`, 'int8', [rows, columns], { ...location, byteLength: rows * columns });
  }

  #stored(graph: Graph, name: string): Value {
    const location = this.#location(name);
    return graph.external(name, STORED_TYPES[location.dtype]!, location.shape, location);
  }

  #location(name: string): TensorLocation {
    const location = this.#locations.get(name);
    if (!location) throw new Error(`no tensor ${name}`);
    return location;
  }
}
