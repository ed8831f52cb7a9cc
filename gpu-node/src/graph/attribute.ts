// Attributes of ONNX nodes, with the kind that the encoding needs and JavaScript's numbers lack.
import type { Attribute } from './graph.ts';

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
