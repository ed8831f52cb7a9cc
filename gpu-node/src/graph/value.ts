// The values that flow through a graph: a name, an element type and a shape whose dimensions may be symbols.
import type { Graph } from './graph.ts';

/** Element types by their ONNX codes (TensorProto.DataType). */
export const ELEMENT_TYPE_CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
  int4: 22,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPE_CODES;

/** A size known when the graph is built, or the name of one that each run decides. */
export type Dim = number | string;
export type Dims = readonly Dim[];

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
