// Several graphs over the same weights as one, of which each run computes one: a device holds the weights of a session once, and every
// session has its own.

import type { FeedType, Runtime, Session, SessionOptions, Tensor, TensorDataTypes } from './execution.ts';
import { Graph, type Value } from './graph.ts';

const NEW_DATA: { [T in FeedType]: (length: number) => TensorDataTypes[T] } = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  bool: (length) => new Uint8Array(length),
};

/**
 * A session for each graph, all of which are one: releasing one releases all. Inputs of one name are one input.
 * @throws when inputs of one name differ in type
 */
export async function createBranches<B extends string>(
  runtime: Runtime,
  graphs: Readonly<Record<B, Graph>>,
  options: SessionOptions,
): Promise<Record<B, Session>> {
  const joined = joinBranches(graphs, runtime);
  const session = await runtime.createSession(joined, options);
  const nothing = Object.fromEntries(joined.inputs.map((input) => [input.name, emptyTensor(input)]));
  const branch = (name: B): Session => {
    const outputs = graphs[name].outputs.map((output) => output.name);
    return {
      async run(feeds, wanted = outputs) {
        const taken = { ...nothing, ...feeds, [choice(name)]: YES };
        const results = await session.run(
          taken,
          wanted.map((output) => outputName(name, output)),
        );
        return Object.fromEntries(wanted.map((output) => [output, results[outputName(name, output)]!]));
      },
      release: () => session.release(),
    };
  };
  return Object.fromEntries(branchNames(graphs).map((name) => [name, branch(name)])) as Record<B, Session>;
}

/** Each graph as the branch of an `If` that an input of its own decides; constants in files are those of the whole. */
export function joinBranches<B extends string>(
  graphs: Readonly<Record<B, Graph>>,
  { extensions }: Pick<Runtime, 'extensions'>,
): Graph {
  const whole = new Graph(extensions);
  const inputs = new Map<string, Value>();
  for (const name of branchNames(graphs)) {
    for (const { value, content } of graphs[name].initializers) {
      if ('external' in content) whole.external(value.name, value.type, value.shape as number[], content.external);
    }
    for (const input of graphs[name].inputs) {
      const known = inputs.get(input.name) ?? whole.input(input.name, input.type, input.shape);
      if (known.type !== input.type)
        throw new Error(`input ${input.name} is ${known.type}, and ${input.type} in ${name}`);
      inputs.set(input.name, known);
    }
  }
  for (const name of branchNames(graphs)) {
    const { outputs } = graphs[name];
    const attributes = {
      then_branch: { kind: 'graph', value: graphs[name] },
      else_branch: { kind: 'graph', value: emptyResults(outputs) },
    } as const;
    const results = whole.node('If', [whole.input(choice(name), 'bool', [])], outputs, attributes);
    outputs.forEach((output, i) => {
      whole.output(outputName(name, output.name), results[i]!);
    });
  }
  return whole;
}

const YES: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(1) };

const choice = (branch: string): string => `run ${branch}`;
const outputName = (branch: string, output: string): string => `${branch}: ${output}`;

function branchNames<B extends string>(graphs: Readonly<Record<B, Graph>>): B[] {
  return Object.keys(graphs) as B[];
}

/** As many results of these types, each with nothing in it. */
function emptyResults(outputs: readonly Value[]): Graph {
  const graph = new Graph();
  outputs.forEach(({ type }, i) => {
    graph.output(`nothing ${i}`, graph.constant(type, [], [0]));
  });
  return graph;
}

/** Nothing where a dimension is open, zeros elsewhere. */
function emptyTensor({ type, shape }: Value): Tensor {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : 0));
  const data = NEW_DATA[type as FeedType](dims.reduce((product, size) => product * size, 1));
  return { type, dims, data } as Tensor;
}
