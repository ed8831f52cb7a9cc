// LoRA tensors as inputs of a graph, so that any number of adapters, of any rank and scale, share one session.
import type { Tape } from '../autodiff/tape.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { Gather } from '../graph/operators.ts';
import type { LlamaConfig } from './config.ts';
import { columnFactors, maskFactor } from './dropout.ts';
import { loraTensorName, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';

export const LORA_SCALE = 'lora_scale';
export const DROP_THRESHOLD = 'drop_threshold';
export const DROPOUT_KEYS = 'dropout_keys';

export class LoraInputs {
  /** By PEFT name. */
  readonly tensors = new Map<string, Value>();
  readonly #graph: Graph;
  readonly #config: LlamaConfig;
  readonly #scale: Value | undefined;
  readonly #dropout: { threshold: Value; keys: Value } | undefined;

  /** @param rows names the rows of activations that have dropout; without it there is none */
  constructor(graph: Graph, config: LlamaConfig, modules: readonly LinearModule[], dropoutRows?: string) {
    this.#graph = graph;
    this.#config = config;
    for (let layer = 0; layer < config.layers; layer++) {
      for (const module of LINEAR_MODULES.filter((name) => modules.includes(name))) {
        const [outSize, inSize] = moduleShape(config, module);
        this.#addTensor(loraTensorName(layer, module, 'A'), ['rank', inSize]);
        this.#addTensor(loraTensorName(layer, module, 'B'), [outSize, 'rank']);
      }
    }
    if (modules.length > 0) this.#scale = graph.input(LORA_SCALE, 'float32', []);
    if (modules.length > 0 && dropoutRows) {
      const threshold = graph.input(DROP_THRESHOLD, 'int32', []);
      this.#dropout = { threshold, keys: graph.input(DROPOUT_KEYS, 'int32', [dropoutRows]) };
    }
  }

  /**
   * `base` + scale · dropout(x) Aᵀ Bᵀ where the module has an adapter, else `base`.
   * @param positions the rows of the micro-batch that `x` holds, all when left out
   */
  add(tape: Tape, base: Value, x: Value, layer: number, module: LinearModule, positions?: Value): Value {
    const a = this.tensors.get(loraTensorName(layer, module, 'A')); // [r, in]
    const b = this.tensors.get(loraTensorName(layer, module, 'B')); // [out, r]
    if (!a || !b) return base;
    const dropped = this.#dropped(tape, x, layer, module, positions);
    const low = tape.apply('Linear', { x: dropped, weight: a }, {}); // [N, r]
    const scaled = tape.apply('Scale', { x: low, factor: this.#scale! }, {});
    return tape.apply('Linear', { x: scaled, weight: b, addend: base }, {}); // [N, out]
  }

  #dropped(tape: Tape, x: Value, layer: number, module: LinearModule, positions: Value | undefined): Value {
    if (!this.#dropout) return x;
    const [, inSize] = moduleShape(this.#config, module);
    const { threshold, keys: all } = this.#dropout;
    const keys = positions ? Gather(all, positions) : all;
    const columns = this.#graph.constant('int32', columnFactors(inSize));
    return tape.apply('Dropout', { x, keys, columns, threshold }, { factor: maskFactor(layer, module) });
  }

  #addTensor(name: string, shape: readonly (number | string)[]): void {
    this.tensors.set(name, this.#graph.input(name, 'float32', shape));
  }
}
