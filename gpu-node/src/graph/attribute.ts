// Attributes of ONNX nodes, with the kind that the encoding needs and JavaScript's numbers lack.
import type { Graph } from './graph.ts';

export type Attribute =
  | { kind: 'int'; value: number }
  | { kind: 'ints'; value: readonly number[] }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  /** A branch: its inputs and external constants are those of the graph around it, by name. */
  | { kind: 'graph'; value: Graph };
export type Attributes = Readonly<Record<string, Attribute>>;

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
