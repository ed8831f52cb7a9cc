// An ONNX graph under construction; equal nodes are made once, so rules may ask for the same value twice at no cost.
import type { Dim, Dims, ElementType } from './element-type.ts';

/** What flows through a graph. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Dims;
}

/** An operand written as a number becomes a scalar constant of its partner's type. */
export type Operand = Value | number;

export function describe(value: Value): string {
  return `${value.name}: ${value.type}[${value.shape.join(', ')}]`;
}

export type Attribute =
  | { kind: 'int'; value: number }
  | { kind: 'ints'; value: readonly number[] }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  /** A branch: its inputs and external constants are those of the graph around it, by name. */
  | { kind: 'graph'; value: Graph };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  operator: string;
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Attributes;
}

/** Bytes of a tensor inside a file that is there already, such as a safetensors file. */
export interface ExternalBytes {
  file: string;
  byteOffset: number;
  byteLength: number;
}

export interface Initializer {
  value: Value;
  content: { numbers: readonly number[] } | { external: ExternalBytes };
}

/** What the executing provider has beyond the ONNX standard, or does faster than in standard steps. */
export type Extension =
  | 'FusedMatMul'
  /** `SimplifiedLayerNormalization` also gives the factor that it normalised each row by. */
  | 'NormFactor'
  /** `SimplifiedLayerNormalization` of float32 can give float16. */
  | 'NormToFloat16'
  /** `RotaryEmbedding` in float16. */
  | 'RotaryFloat16'
  /** `Softmax` in float16, which sums in float32. */
  | 'SoftmaxFloat16'
  /** `DequantizeLinear` of int4 with a scale for each block of a row, and not for each row. */
  | 'Int4Blocks';

export interface NodeResult {
  type: ElementType;
  shape: Dims;
}

/** A branch is told from others by what chooses it. */
const withoutGraphs = (_key: string, value: unknown) => (value instanceof Graph ? undefined : value);

const SIZE: NodeResult = { type: 'int64', shape: [1] };

export class Graph {
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: GraphNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly extensions: ReadonlySet<Extension>;
  readonly #known = new Map<string, readonly Value[]>();
  readonly #values = new Map<string, Value>();
  #names = 0;

  constructor(extensions: Iterable<Extension> = []) {
    this.extensions = new Set(extensions);
  }

  input(name: string, type: ElementType, shape: Dims): Value {
    const value: Value = { graph: this, name, type, shape };
    this.inputs.push(value);
    this.#values.set(name, value);
    return value;
  }

  /** The value of a name that nodes, inputs or outputs have. */
  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value) throw new Error(`the graph has no value ${name}`);
    return value;
  }

  /** Makes `value` an output of the graph under `name`. */
  output(name: string, value: Value): void {
    const [output] = this.#append('Identity', '', [value], {}, [value], [name]);
    this.outputs.push(output!);
  }

  constant(type: ElementType, numbers: readonly number[], shape: readonly number[] = [numbers.length]): Value {
    const key = `${type}[${shape}]${numbers.map((n) => (Object.is(n, -0) ? '-0' : n))}`;
    let made = this.#known.get(key);
    if (!made) {
      const value: Value = { graph: this, name: this.#freshName('constant'), type, shape };
      this.initializers.push({ value, content: { numbers } });
      made = [value];
      this.#known.set(key, made);
    }
    return made[0]!;
  }

  /** A constant whose bytes stay where they are. */
  external(name: string, type: ElementType, shape: readonly number[], external: ExternalBytes): Value {
    const made = this.#known.get(name);
    if (made) return made[0]!;
    const value: Value = { graph: this, name, type, shape };
    this.initializers.push({ value, content: { external } });
    this.#known.set(name, [value]);
    return value;
  }

  /** Adds a node, or returns the outputs of the equal one that is there; `undefined` inputs are left out. */
  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    results: readonly NodeResult[],
    attributes: Attributes = {},
    domain = '',
  ): readonly Value[] {
    const key = JSON.stringify([domain, operator, inputs.map((input) => input?.name ?? ''), attributes], withoutGraphs);
    let outputs = this.#known.get(key);
    if (!outputs) {
      const names = results.map(() => this.#freshName(operator));
      outputs = this.#append(operator, domain, inputs, attributes, results, names);
      this.#known.set(key, outputs);
    }
    return outputs;
  }

  /** What a run makes of a dimension such as `T`, `3·T` or `P+B·T`, int64 [1]; undefined where no input has one it names. */
  size(dim: Dim): Value | undefined {
    if (typeof dim === 'number' || /^\d+$/.test(dim)) return this.constant('int64', [Number(dim)]);
    for (const input of this.inputs) {
      const axis = input.shape.indexOf(dim);
      if (axis < 0) continue;
      const attributes = { start: { kind: 'int', value: axis }, end: { kind: 'int', value: axis + 1 } } as const;
      return this.node('Shape', [input], [SIZE], attributes)[0]!;
    }
    for (const [sign, operator] of [
      ['+', 'Add'],
      ['·', 'Mul'],
    ] as const) {
      const at = dim.indexOf(sign);
      if (at < 0) continue;
      const [first, rest] = [this.size(dim.slice(0, at)), this.size(dim.slice(at + 1))];
      return first && rest && this.node(operator, [first, rest], [SIZE])[0]!;
    }
    return undefined;
  }

  #append(
    operator: string,
    domain: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    results: readonly NodeResult[],
    names: readonly string[],
  ): Value[] {
    const foreign = inputs.find((input) => input && input.graph !== this);
    if (foreign) throw new Error(`${operator}: ${foreign.name} belongs to another graph`);
    this.nodes.push({ operator, domain, inputs: inputs.map((input) => input?.name ?? ''), outputs: names, attributes });
    return results.map(({ type, shape }, i) => {
      const value: Value = { graph: this, name: names[i]!, type, shape };
      this.#values.set(value.name, value);
      return value;
    });
  }

  #freshName(stem: string): string {
    return `${stem}_${this.#names++}`;
  }
}
