// Matrices in eight bits to compute with, as constants of a graph, mapped from a file that `weight-file.ts` wrote.
import type { Tape } from '../autodiff/tape.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { hasSecondTerm, int8Parts } from './int8-matrix.ts';
import type { Checkpoint, TensorLocation } from './safetensors.ts';
import { isRowTable, type WeightTensors } from './weights.ts';

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
    return tape.apply(
      'Int8Linear',
      {
        x,
        ...this.#terms(graph, name),
        ...{
          scale: this.#stored(graph, parts.scale),
          gradientMatrix: this.#stored(graph, parts.gradient),
          gradientScale: this.#stored(graph, parts.gradientScale),
        },
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

  /** The first term is the second half of both. */
  #terms(graph: Graph, name: string): { matrix: Value; secondThenFirst: Value | undefined } {
    const { terms } = int8Parts(name);
    if (!hasSecondTerm(name)) return { matrix: this.#stored(graph, terms), secondThenFirst: undefined };
    const location = this.#location(terms);
    const [rows, outSize] = location.shape as [number, number];
    const byteLength = location.byteLength / 2;
    const first = { ...location, byteOffset: location.byteOffset + byteLength, byteLength };
    const matrix = graph.external(`${terms}.first`, 'int8', [rows / 2, outSize], first);
    return { matrix, secondThenFirst: this.#stored(graph, terms) };
  }

  #stored(graph: Graph, name: string): Value {
    const location = this.#location(name);
    return graph.external(name, location.dtype === 'I8' ? 'int8' : 'float32', location.shape, location);
  }

  #location(name: string): TensorLocation {
    const location = this.#locations.get(name);
    if (!location) throw new Error(`no tensor ${name}`);
    return location;
  }
}
