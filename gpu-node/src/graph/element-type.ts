// What a tensor is made of: an element type, and a shape whose dimensions may be symbols.

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

/** A size known when the graph is built, or the name of one that each run decides: a sum of products, such as `P+B·T`. */
export type Dim = number | string;
export type Dims = readonly Dim[];

export function timesDim(dim: Dim, factor: number): Dim {
  if (typeof dim === 'number') return factor * dim;
  const terms = dim.split('+').map((term) => `${factor}·${term}`);
  return terms.join('+');
}
