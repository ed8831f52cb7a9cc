// All weights as inputs of a graph, so that gradients can flow to each of them.
import type { Tape } from '../autodiff/tape.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { LlamaConfig } from './config.ts';
import { type WeightTensors, weightShapes } from './weights.ts';

export class TrainedTensors implements WeightTensors {
  readonly widened = false;
  /** By checkpoint name. */
  readonly inputs: ReadonlyMap<string, Value>;

  constructor(graph: Graph, config: LlamaConfig) {
    const shapes = [...weightShapes(config)];
    this.inputs = new Map(shapes.map(([name, shape]) => [name, graph.input(name, 'float32', shape)]));
  }

  linear(tape: Tape, name: string, x: Value): Value {
    return tape.apply('Linear', { x, weight: this.#input(name) }, {});
  }

  rows(tape: Tape, name: string, indices: Value): Value {
    return tape.apply('Gather', { table: this.#input(name), indices }, {});
  }

  vector(_graph: Graph, name: string): Value {
    return this.#input(name);
  }

  #input(name: string): Value {
    const input = this.inputs.get(name);
    if (!input) throw new Error(`no tensor ${name}`);
    return input;
  }
}
