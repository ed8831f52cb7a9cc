// Encodes a graph as an ONNX model, by protobufjs and the part of ONNX's schema that graphs here use.
import { basename, dirname, relative } from 'node:path';
import protobuf from 'protobufjs';
import { ELEMENT_TYPE_CODES } from './element-type.ts';
import type { Attribute, Graph, GraphNode, Initializer, Value } from './graph.ts';
import { NARROW } from './narrow.ts';
import { MODEL_PROTO } from './onnx-schema.ts';

const IR_VERSION = 10;
const OPERATOR_SETS = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
];
const ATTRIBUTE_CODES = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;
const EXTERNAL = 1;

const ModelProto = protobuf.Root.fromJSON(MODEL_PROTO).lookupType('onnx.ModelProto');

export interface EncodedModel {
  bytes: Uint8Array;
  /** Where the files of external constants are looked for; undefined when there are none. */
  externalFolder: string | undefined;
}

/** @throws when external constants lie in different folders */
export function encodeModel(graph: Graph): EncodedModel {
  const externalFolder = commonFolder(graph);
  const model = {
    irVersion: IR_VERSION,
    producerName: 'tallrec',
    opsetImport: OPERATOR_SETS,
    graph: {
      name: 'graph',
      ...encodeBody(graph, (name) => name),
      initializer: graph.initializers.map((initializer) =>
        encodeInitializer(initializer, initializer.value.name, externalFolder),
      ),
      input: graph.inputs.map((input) => encodeValueInfo(input, input.name)),
    },
  };
  return { bytes: ModelProto.encode(model).finish(), externalFolder };
}

/** What a name is in the encoded model. */
type Scope = (name: string) => string;

function encodeBody(graph: Graph, scope: Scope) {
  return {
    node: graph.nodes.map((node) => encodeNode(node, scope)),
    output: graph.outputs.map((output) => encodeValueInfo(output, scope(output.name))),
    // Where sizes have names ONNX Runtime's planner sees which buffers are alike; else it looks for one among thousands in vain.
    valueInfo: innerValues(graph).map((value) => encodeValueInfo(value, scope(value.name))),
  };
}

/** A branch of the node `owner`. Names within it are its own, as ONNX wants, except those of the graph around it. */
function encodeBranch(graph: Graph, owner: string): object {
  const outer = new Set(
    [...graph.inputs, ...graph.initializers.filter(isExternal).map(({ value }) => value)].map(({ name }) => name),
  );
  const scope = (name: string) => (name === '' || outer.has(name) ? name : `${owner}/${name}`);
  const own = graph.initializers.filter((initializer) => !isExternal(initializer));
  return {
    name: owner,
    ...encodeBody(graph, scope),
    initializer: own.map((initializer) => encodeInitializer(initializer, scope(initializer.value.name), undefined)),
  };
}

function isExternal({ content }: Initializer): boolean {
  return 'external' in content;
}

function innerValues(graph: Graph): Value[] {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return graph.nodes.flatMap((node) =>
    node.outputs.filter((name) => !outputs.has(name)).map((name) => graph.value(name)),
  );
}

function encodeNode({ operator, domain, inputs, outputs, attributes }: GraphNode, scope: Scope) {
  const name = scope(outputs[0]!);
  return {
    input: inputs.map(scope),
    output: outputs.map(scope),
    name,
    opType: operator,
    domain,
    attribute: Object.entries(attributes).map(([key, attribute]) => encodeAttribute(key, attribute, `${name}/${key}`)),
  };
}

function encodeAttribute(name: string, attribute: Attribute, owner: string) {
  const base = { name, type: ATTRIBUTE_CODES[attribute.kind] };
  switch (attribute.kind) {
    case 'graph':
      return { ...base, g: encodeBranch(attribute.value, owner) };
    case 'int':
      return { ...base, i: attribute.value };
    case 'ints':
      return { ...base, ints: attribute.value };
    case 'float':
      return { ...base, f: attribute.value };
    case 'string':
      return { ...base, s: new TextEncoder().encode(attribute.value) };
  }
}

function encodeInitializer({ value, content }: Initializer, name: string, folder: string | undefined) {
  const base = { name, dims: value.shape, dataType: ELEMENT_TYPE_CODES[value.type] };
  if ('numbers' in content) return { ...base, rawData: rawBytes(value, content.numbers) };
  const { file, byteOffset, byteLength } = content.external;
  const externalData = { location: relative(folder!, file), offset: byteOffset, length: byteLength };
  return {
    ...base,
    dataLocation: EXTERNAL,
    externalData: Object.entries(externalData).map(([key, entry]) => ({ key, value: String(entry) })),
  };
}

function rawBytes(value: Value, numbers: readonly number[]): Uint8Array {
  switch (value.type) {
    case 'float32':
      return new Uint8Array(Float32Array.from(numbers).buffer);
    case 'float16':
      return NARROW.F16(Float32Array.from(numbers));
    case 'float64':
      return new Uint8Array(Float64Array.from(numbers).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(numbers).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(numbers);
    default:
      throw new Error(`constants of ${value.type} must be external (${value.name})`);
  }
}

function encodeValueInfo({ type, shape }: Value, name: string) {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE_CODES[type], shape: { dim } } } };
}

function commonFolder(graph: Graph): string | undefined {
  let folder: string | undefined;
  for (const { content } of graph.initializers) {
    if (!('external' in content)) continue;
    const here = dirname(content.external.file);
    if (folder !== undefined && here !== folder) {
      throw new Error(`weights must lie in one folder: ${basename(content.external.file)} is not in ${folder}`);
    }
    folder = here;
  }
  return folder;
}
