// Records differentiable operations as they are added to a graph, and adds their gradients in reverse.

import type { ElementType } from '../graph/element-type.ts';
import type { Value } from '../graph/graph.ts';
import { Add } from '../graph/operators.ts';
import { after } from '../graph/ordering.ts';
import type { Inputs, OperationAttributes, Primitive } from './operation.ts';
import { operations } from './operations.ts';

interface TapeEntry {
  primitive: Primitive;
  inputs: Readonly<Record<string, Value | undefined>>;
  attributes: Readonly<Record<string, unknown>>;
  output: Value;
}

export interface TapeOptions {
  /**
   * Keeps for the backward pass only what is named by `checkpoint`, and computes all else again from it (Chen et al., 2016): less
   * memory for about one more forward pass. Without it only cheap operations are computed again.
   */
  checkpointing?: boolean;
}

export class Tape {
  readonly #entries: TapeEntry[] = [];
  readonly #producers = new Map<Value, TapeEntry>();
  readonly #checkpointing: boolean;
  readonly #checkpoints = new Set<Value>();

  constructor({ checkpointing = false }: TapeOptions = {}) {
    this.#checkpointing = checkpointing;
  }

  /** Marks what a layer begins with: with checkpointing, all that is kept of it for the backward pass. */
  checkpoint(value: Value): void {
    this.#checkpoints.add(value);
  }

  /** Adds the operation's forward form to the graph of its inputs. */
  apply<P extends Primitive>(primitive: P, inputs: Inputs<P>, attributes: OperationAttributes<P>): Value {
    const output = operations[primitive].forward(inputs, attributes);
    if (!this.#producers.has(output)) {
      const entry: TapeEntry = { primitive, inputs, attributes: attributes as Record<string, unknown>, output };
      this.#entries.push(entry);
      this.#producers.set(output, entry);
    }
    return output;
  }

  /** `x` in another type; its gradient has the type that `x` has. */
  cast(x: Value, to: ElementType): Value {
    return x.type === to ? x : this.apply('Cast', { x }, { from: x.type, to });
  }

  /**
   * Reverse-mode differentiation: adds ∂(Σ seed · output) / ∂p for every trainable value p.
   * Nothing is computed for values that no trainable value lies upstream of.
   * @param seed in the shape of `output`
   */
  gradients(output: Value, seed: Value, trainable: readonly Value[]): Map<Value, Value> {
    const active = this.#downstreamOf(trainable);
    const wanted = new Set(trainable);
    const gradients = new Map<Value, Value>([[output, seed]]);
    let layerGradient = seed;
    const recall = this.#recaller(() => layerGradient);
    for (const entry of this.#entries.toReversed()) {
      const dY = gradients.get(entry.output);
      if (!dY || !active.has(entry.output)) continue;
      if (this.#checkpoints.has(entry.output)) layerGradient = dY;
      const inputs = Object.entries(entry.inputs).filter(([, input]) => input && active.has(input));
      // What is trained comes first, and the rest waits for it: a scheduler would leave it for the end and keep all it is made of.
      inputs.sort(([, a], [, b]) => Number(wanted.has(b!)) - Number(wanted.has(a!)));
      let first: Value | undefined;
      for (const [name, input] of inputs) {
        const plain = this.#gradient(entry, name, dY, recall);
        const contribution = first && !wanted.has(input!) ? after(plain, first) : plain;
        first ??= wanted.has(input!) ? contribution : undefined;
        const sum = gradients.get(input!);
        gradients.set(input!, sum ? Add(sum, contribution) : contribution);
      }
    }
    return new Map(trainable.map((value) => [value, this.#found(gradients, value)]));
  }

  #gradient(entry: TapeEntry, name: string, dY: Value, recall: Recall): Value {
    const operation = operationOf(entry.primitive);
    const rule = operation.gradient[name];
    if (!rule) throw new Error(`${entry.primitive}: a gradient reached its fixed input ${name}`);
    const { attributes, output } = entry;
    const inputs = lazily(entry.inputs, recall);
    return rule({
      inputs,
      attributes,
      get output() {
        return recall(output);
      },
      dY,
    });
  }

  #downstreamOf(trainable: readonly Value[]): Set<Value> {
    const active = new Set(trainable);
    for (const { inputs, output } of this.#entries) {
      if (Object.values(inputs).some((input) => input && active.has(input))) active.add(output);
    }
    return active;
  }

  #found(gradients: Map<Value, Value>, value: Value): Value {
    const gradient = gradients.get(value);
    if (!gradient) throw new Error(`${value.name} does not influence the output`);
    return gradient;
  }

  /**
   * Brings a value of the forward pass into the backward pass: what is not kept is computed again from what it came from. Each is
   * tied to the gradient that its layer's backward pass begins with, else a scheduler would run them all in the forward pass and keep
   * them.
   */
  #recaller(layerGradient: () => Value): Recall {
    const recalled = new Map<Value, Value>();
    const recall: Recall = (value) => {
      const entry = this.#producers.get(value);
      if (!entry) return value;
      let again = recalled.get(value);
      if (!again) {
        const { recompute, forward } = operationOf(entry.primitive);
        const kept = this.#checkpointing ? this.#checkpoints.has(value) : !recompute;
        again = kept ? after(value, layerGradient()) : forward(lazily(entry.inputs, recall), entry.attributes);
        recalled.set(value, again);
      }
      return again;
    };
    return recall;
  }
}

type Recall = (value: Value) => Value;

/** The table's entry without its primitive's types, which a tape of many primitives cannot keep. */
interface UntypedOperation {
  forward(inputs: Record<string, Value | undefined>, attributes: Readonly<Record<string, unknown>>): Value;
  gradient: Record<string, ((context: UntypedContext) => Value) | undefined>;
  recompute: boolean;
}
interface UntypedContext {
  inputs: Record<string, Value | undefined>;
  attributes: Readonly<Record<string, unknown>>;
  output: Value;
  dY: Value;
}

function operationOf(primitive: Primitive): UntypedOperation {
  return operations[primitive] as unknown as UntypedOperation;
}

/** The inputs with `map` applied to each that is read: a rule causes no work for what it does not use. */
function lazily(
  inputs: Readonly<Record<string, Value | undefined>>,
  map: (value: Value) => Value,
): Record<string, Value | undefined> {
  const mapped = {};
  for (const [name, input] of Object.entries(inputs)) {
    Object.defineProperty(mapped, name, { get: () => input && map(input) });
  }
  return mapped;
}
