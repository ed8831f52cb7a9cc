// ONNX operators, one function each under its ONNX name; the graph is that of the operands.
import { float, int, ints } from './attribute.ts';
import { type Dim, type Dims, ELEMENT_TYPE_CODES, type ElementType } from './element-type.ts';
import { describe, type Graph, type Operand, type Value } from './graph.ts';
import { broadcast, matmulShape, normalizeAxis, reducedShape } from './shape-inference.ts';

const unary =
  (operator: string) =>
  (x: Value): Value =>
    x.graph.node(operator, [x], [x])[0]!;

export const Exp = unary('Exp');
export const Neg = unary('Neg');
export const Reciprocal = unary('Reciprocal');
/** To the nearest integer, halves to the even one. */
export const Sigmoid = unary('Sigmoid');
export const Sqrt = unary('Sqrt');

const binary =
  (operator: string, resultType?: ElementType) =>
  (a: Operand, b: Operand): Value => {
    const [left, right] = operands(a, b);
    if (left.type !== right.type)
      throw new Error(`${operator}: types of ${describe(left)} and ${describe(right)} differ`);
    const shape = broadcast(operator, left, right);
    return left.graph.node(operator, [left, right], [{ type: resultType ?? left.type, shape }])[0]!;
  };

export const Add = binary('Add');
export const Div = binary('Div');
export const Max = binary('Max');
export const Mul = binary('Mul');
export const Sub = binary('Sub');
export const Less = binary('Less', 'bool');
export const GreaterOrEqual = binary('GreaterOrEqual', 'bool');

/** `a` where `condition`, else `b`, broadcast. */
export function Where(condition: Value, a: Operand, b: Operand): Value {
  const [left, right] = typeof a === 'number' && typeof b === 'number' ? floats(condition.graph, a, b) : operands(a, b);
  const shape = broadcast('Where', { ...left, shape: broadcast('Where', left, right) }, condition);
  return left.graph.node('Where', [condition, left, right], [{ type: left.type, shape }])[0]!;
}

export function Cast(x: Value, to: ElementType): Value {
  if (x.type === to) return x;
  return x.graph.node('Cast', [x], [{ type: to, shape: x.shape }], { to: int(ELEMENT_TYPE_CODES[to]) })[0]!;
}

/** scale[i] · q[i][…]: each entry along the first axis has a scale of its own; q [R, …], scale [R]. */
export function DequantizeLinear(q: Value, scale: Value): Value {
  return q.graph.node('DequantizeLinear', [q, scale], [{ type: scale.type, shape: q.shape }], { axis: int(0) })[0]!;
}

/** Each `block` entries of a row have a scale of their own; q [R, C], scale [R, C / block]. */
export function DequantizeBlocks(q: Value, scale: Value, block: number): Value {
  const attributes = { axis: int(1), block_size: int(block) };
  return q.graph.node('DequantizeLinear', [q, scale], [{ type: scale.type, shape: q.shape }], attributes)[0]!;
}

/** round(x / step) + 128 as uint8. */
export function QuantizeLinear(x: Value, step: number): Value {
  const inputs = [x, x.graph.constant(x.type, [step], []), x.graph.constant('uint8', [UINT8_ZERO], [])];
  return x.graph.node('QuantizeLinear', inputs, [{ type: 'uint8', shape: x.shape }])[0]!;
}

/** What `QuantizeLinear` with a step of one made of whole numbers up to 127, in float32. */
export function DequantizeWhole(q: Value): Value {
  const inputs = [q, q.graph.constant('float32', [1], []), q.graph.constant('uint8', [UINT8_ZERO], [])];
  return q.graph.node('DequantizeLinear', inputs, [{ type: 'float32', shape: q.shape }])[0]!;
}

/** What stands for zero in unsigned eight bits. */
export const UINT8_ZERO = 128;

/** Matrix product over the last two dimensions, the rest broadcast. */
export function MatMul(a: Value, b: Value): Value {
  const shape = matmulShape('MatMul', a, b, false, false);
  return a.graph.node('MatMul', [a, b], [{ type: a.type, shape }])[0]!;
}

export interface GemmOptions {
  transA?: boolean;
  transB?: boolean;
  alpha?: number;
}

/** alpha · A' B' + C with A' [M, K], B' [K, N], C [M, N]. */
export function Gemm(
  a: Value,
  b: Value,
  c?: Value,
  { transA = false, transB = false, alpha = 1 }: GemmOptions = {},
): Value {
  const shape = matmulShape('Gemm', a, b, transA, transB);
  const attributes = { transA: int(+transA), transB: int(+transB), alpha: float(alpha) };
  return a.graph.node('Gemm', c ? [a, b, c] : [a, b], [{ type: a.type, shape }], attributes)[0]!;
}

const reduction =
  (operator: string) =>
  (x: Value, axes: readonly number[], { keepdims = true } = {}): Value => {
    const shape = reducedShape(x.shape, axes, keepdims);
    const inputs = [x, x.graph.constant('int64', axes)];
    return x.graph.node(operator, inputs, [{ type: x.type, shape }], { keepdims: int(+keepdims) })[0]!;
  };

export const ReduceMax = reduction('ReduceMax');
export const ReduceMean = reduction('ReduceMean');
export const ReduceMin = reduction('ReduceMin');
export const ReduceSum = reduction('ReduceSum');
export const ReduceSumSquare = reduction('ReduceSumSquare');

const alongAxis =
  (operator: string) =>
  (x: Value, axis = -1): Value =>
    x.graph.node(operator, [x], [x], { axis: int(axis) })[0]!;

export const LogSoftmax = alongAxis('LogSoftmax');
export const Softmax = alongAxis('Softmax');

/** Dimension i of the result is dimension perm[i] of `x`. */
export function Transpose(x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  return x.graph.node('Transpose', [x], [{ type: x.type, shape }], { perm: ints(perm) })[0]!;
}

/** `shape` may name dimensions of graph inputs, and at most one other, which is what remains. */
export function Reshape(x: Value, shape: Dims): Value {
  return x.graph.node('Reshape', [x, sizes(x.graph, shape)], [{ type: x.type, shape }])[0]!;
}

export function Expand(x: Value, shape: Dims): Value {
  return x.graph.node('Expand', [x, sizes(x.graph, shape)], [{ type: x.type, shape }])[0]!;
}

/** `x` broadcast to the shape of `like`. */
export function ExpandAs(x: Value, like: Value): Value {
  return x.graph.node('Expand', [x, Shape(like)], [{ type: x.type, shape: like.shape }])[0]!;
}

/** The sizes of dimensions `start` to `end`, int64. */
export function Shape(x: Value, start = 0, end = x.shape.length): Value {
  const attributes = { start: int(start), end: int(end) };
  return x.graph.node('Shape', [x], [{ type: 'int64', shape: [end - start] }], attributes)[0]!;
}

export function Unsqueeze(x: Value, axis: number): Value {
  const at = normalizeAxis(axis, x.shape.length + 1);
  const shape = [...x.shape.slice(0, at), 1, ...x.shape.slice(at)];
  return x.graph.node('Unsqueeze', [x, x.graph.constant('int64', [at])], [{ type: x.type, shape }])[0]!;
}

export function Squeeze(x: Value, axis: number): Value {
  const at = normalizeAxis(axis, x.shape.length);
  const shape = x.shape.filter((_, i) => i !== at);
  return x.graph.node('Squeeze', [x, x.graph.constant('int64', [at])], [{ type: x.type, shape }])[0]!;
}

/** 0, 1, … up to the size of the named dimension, int64 [dim]. */
export function Range(graph: Graph, dim: Dim): Value {
  const limit = graph.size(dim);
  if (!limit) throw new Error(`Range: no input has the dimension ${dim}`);
  const inputs = [graph.constant('int64', [0], []), Squeeze(limit, 0), graph.constant('int64', [1], [])];
  return graph.node('Range', inputs, [{ type: 'int64', shape: [dim] }])[0]!;
}

/** `length` names the joined dimension. */
export function Concat(parts: readonly Value[], axis: number, length: Dim): Value {
  const { graph, type, shape } = parts[0]!;
  const joined = shape.map((dim, i) => (i === axis ? length : dim));
  return graph.node('Concat', parts, [{ type, shape: joined }], { axis: int(axis) })[0]!;
}

/** The first `start` entries along an axis are left out; `length` names what is left. */
export function SliceFrom(x: Value, start: Dim, axis: number, length: Dim): Value {
  return slice(x, x.graph.size(start), x.graph.constant('int64', [END]), axis, length);
}

/** The first `end` entries along an axis. */
export function SliceTo(x: Value, end: Dim, axis: number): Value {
  return slice(x, x.graph.constant('int64', [0]), x.graph.size(end), axis, end);
}

const END = Number.MAX_SAFE_INTEGER;

function slice(x: Value, start: Value | undefined, end: Value | undefined, axis: number, length: Dim): Value {
  if (!start || !end) throw new Error(`Slice: no input has the dimensions that ${describe(x)} is cut at`);
  const shape = x.shape.map((dim, i) => (i === axis ? length : dim));
  const inputs = [x, start, end, x.graph.constant('int64', [axis])];
  return x.graph.node('Slice', inputs, [{ type: x.type, shape }])[0]!;
}

/** Rows of `data` along its first axis: [indices…, data's other dimensions]. */
export function Gather(data: Value, indices: Value): Value {
  const shape = [...indices.shape, ...data.shape.slice(1)];
  return data.graph.node('Gather', [data, indices], [{ type: data.type, shape }], { axis: int(0) })[0]!;
}

/** Columns [N, C] of `data` [N, M] at `indices` [C]. */
export function GatherColumns(data: Value, indices: Value): Value {
  const shape = [data.shape[0]!, ...indices.shape];
  return data.graph.node('Gather', [data, indices], [{ type: data.type, shape }], { axis: int(1) })[0]!;
}

/** result[i][j] = data[i][indices[i][j]] for the last axis. */
export function GatherElements(data: Value, indices: Value): Value {
  const results = [{ type: data.type, shape: indices.shape }];
  return data.graph.node('GatherElements', [data, indices], results, { axis: int(-1) })[0]!;
}

const add = { reduction: { kind: 'string', value: 'add' } } as const;

/** `data` with updates[i][j] added to data[i][indices[i][j]] for the last axis. */
export function ScatterElementsAdd(data: Value, indices: Value, updates: Value): Value {
  return data.graph.node('ScatterElements', [data, indices, updates], [data], { axis: int(-1), ...add })[0]!;
}

/** `data` with updates[i] added to the slice data[indices[i]]; equal indices add up. */
export function ScatterNDAdd(data: Value, indices: Value, updates: Value): Value {
  return data.graph.node('ScatterND', [data, indices, updates], [data], add)[0]!;
}

function operands(a: Operand, b: Operand): [Value, Value] {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new Error('one operand must be a value');
    return [b.graph.constant(b.type, [a], []), b];
  }
  return [a, typeof b === 'number' ? a.graph.constant(a.type, [b], []) : b];
}

function floats(graph: Graph, a: number, b: number): [Value, Value] {
  return [graph.constant('float32', [a], []), graph.constant('float32', [b], [])];
}

/** int64 [rank]: the sizes of `shape` in a run, -1 for the one that only the element count tells. */
function sizes(graph: Graph, shape: Dims): Value {
  const symbols = shape.filter((dim) => typeof dim === 'string');
  if (symbols.length <= 1 && !symbols.some((dim) => graph.size(dim))) {
    return graph.constant(
      'int64',
      shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
    );
  }
  const parts = shape.map((dim) => graph.size(dim) ?? graph.constant('int64', [-1]));
  return graph.node('Concat', parts, [{ type: 'int64', shape: [shape.length] }], { axis: int(0) })[0]!;
}
