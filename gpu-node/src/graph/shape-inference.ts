// Shapes of results, as far as the rules of differentiation need them.
import type { Dim, Dims } from './element-type.ts';
import { describe, type Value } from './graph.ts';

/** Multidirectional broadcasting of ONNX; a symbol meets only itself and 1. */
export function broadcast(operator: string, a: Value, b: Value): Dims {
  const rank = Math.max(a.shape.length, b.shape.length);
  const left = padShape(a.shape, rank);
  const right = padShape(b.shape, rank);
  return left.map((dim, i) => {
    const other = right[i]!;
    if (dim === other || other === 1) return dim;
    if (dim === 1) return other;
    throw new Error(`${operator}: ${describe(a)} and ${describe(b)} do not broadcast`);
  });
}

/** The shape with ones put in front up to `rank`. */
export function padShape(shape: Dims, rank: number): Dims {
  return [...Array<Dim>(rank - shape.length).fill(1), ...shape];
}

/** [..., M, K] · [..., K, N], transposed in the last two dimensions where asked. */
export function matmulShape(operator: string, a: Value, b: Value, transA: boolean, transB: boolean): Dims {
  const [m, k] = matrix(operator, a, transA);
  const [k2, n] = matrix(operator, b, transB);
  if (k !== k2) throw new Error(`${operator}: inner sizes ${k} and ${k2} of ${describe(a)} and ${describe(b)} differ`);
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast(operator, { ...a, shape: batchA }, { ...b, shape: batchB });
  return [...batch, m, n];
}

function matrix(operator: string, value: Value, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = value.shape.slice(-2);
  if (rows === undefined || columns === undefined) throw new Error(`${operator}: ${describe(value)} is no matrix`);
  return transposed ? [columns, rows] : [rows, columns];
}

/** The shape that keeps `axes` as ones, or drops them. */
export function reducedShape(shape: Dims, axes: readonly number[], keepdims: boolean): Dims {
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  const kept = shape.map((dim, i) => (reduced.has(i) ? 1 : dim));
  return keepdims ? kept : kept.filter((_, i) => !reduced.has(i));
}

export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw new Error(`axis ${axis} lies outside rank ${rank}`);
  return normal;
}
