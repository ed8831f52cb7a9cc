// How much memory a run of a graph holds at most, by walking its nodes in order and freeing what nothing needs any more.

import type { Dim, ElementType } from './element-type.ts';
import type { Graph, GraphNode, Value } from './graph.ts';

/** Sizes of the dimensions that graph inputs name. */
export type Sizes = Readonly<Record<string, number>>;

const BITS: Record<ElementType, number> = {
  float64: 64,
  int64: 64,
  float32: 32,
  int32: 32,
  float16: 16,
  bfloat16: 16,
  int8: 8,
  uint8: 8,
  bool: 8,
  int4: 4,
};

/** Results of these are their first input under another shape. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze']);
/** Results of these may take the place of an input of their size that nothing else needs. */
const IN_PLACE: ReadonlySet<string> = new Set(
  'Add Cast Div Exp LogSoftmax Mul Neg QuickGelu Reciprocal ScatterElements ScatterND Sigmoid Softmax Sqrt Sub'.split(
    ' ',
  ),
);

export interface RunMemory {
  /** What is fed: ids, masks, adapters. */
  inputBytes: number;
  /** The most that results on the way take at one moment. */
  peakBytes: number;
  outputBytes: number;
}

/**
 * Constants are not counted: where they lie is the provider's affair.
 * @param foldsConstants whether what constants alone decide is computed once, before any run
 */
export function runMemory(graph: Graph, sizes: Sizes, foldsConstants: boolean): RunMemory {
  const bytes = (name: string) => byteSize(graph.value(name), sizes);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const constants = new Set(graph.initializers.map(({ value }) => value.name));
  const nodes = graph.nodes.filter((node) => {
    const isFolded = foldsConstants && node.inputs.every((name) => constants.has(name));
    if (isFolded) for (const output of node.outputs) constants.add(output);
    return !isFolded;
  });
  const lastUse = new Map<string, number>();
  nodes.forEach((node, at) => {
    for (const name of node.inputs) lastUse.set(name, at);
  });
  // Several names may stand for one buffer, which is free when the last of them is.
  const holders = new Map<string, { bytes: number; names: number }>();
  let held = 0;
  let peak = 0;
  nodes.forEach((node, at) => {
    const dying = node.inputs.filter((name) => lastUse.get(name) === at && holders.has(name));
    for (const output of node.outputs) {
      if (!lastUse.has(output)) continue;
      const shared = sharedInput(node, dying, output, (name) => holders.get(name)?.bytes, bytes);
      if (shared === undefined) {
        const isView = VIEWS.has(node.operator) && (inputs.has(node.inputs[0]!) || constants.has(node.inputs[0]!));
        const buffer = { bytes: isView ? 0 : bytes(output), names: 1 };
        holders.set(output, buffer);
        held += buffer.bytes;
      } else {
        const buffer = holders.get(shared)!;
        buffer.names++;
        holders.set(output, buffer);
      }
    }
    peak = Math.max(peak, held);
    for (const name of new Set(dying)) {
      const buffer = holders.get(name)!;
      holders.delete(name);
      if (--buffer.names === 0) held -= buffer.bytes;
    }
  });
  const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + bytes(name), 0);
  return { inputBytes: sum(inputs), peakBytes: peak, outputBytes: sum(outputs) };
}

/** The input whose buffer the result is in; undefined for one of its own. */
function sharedInput(
  { operator, inputs }: GraphNode,
  dying: readonly string[],
  output: string,
  heldBytes: (name: string) => number | undefined,
  bytes: (name: string) => number,
): string | undefined {
  if (VIEWS.has(operator)) return heldBytes(inputs[0]!) === undefined ? undefined : inputs[0]!;
  if (!IN_PLACE.has(operator)) return undefined;
  return dying.find((name) => heldBytes(name) === bytes(output));
}

export function byteSize({ type, shape }: Value, sizes: Sizes): number {
  return Math.ceil((BITS[type] * shape.reduce<number>((product, dim) => product * sizeOf(dim, sizes), 1)) / 8);
}

/** Names are of the form `P+B·T`. */
function sizeOf(dim: Dim, sizes: Sizes): number {
  if (typeof dim === 'number') return dim;
  const factor = (name: string) => {
    const size = sizes[name] ?? Number(name);
    if (Number.isNaN(size)) throw new Error(`no size for the dimension ${name} of ${dim}`);
    return size;
  };
  return dim
    .split('+')
    .map((term) => term.split('·').reduce((product, name) => product * factor(name), 1))
    .reduce((a, b) => a + b, 0);
}
