// What an execution engine must offer; `runtime/` implements it, everything else is handed one.

import type { ElementType } from './element-type.ts';
import type { Extension, Graph } from './graph.ts';

export interface TensorDataTypes {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}
export type FeedType = keyof TensorDataTypes & ElementType;

export type Tensor = {
  [T in FeedType]: { type: T; dims: readonly number[]; data: TensorDataTypes[T] };
}[FeedType];

export interface SessionOptions {
  /** What constants alone decide is computed once, when the session is made, if it takes no more than this; else in every run. */
  foldConstantsUpToBytes: number;
  /** Copies constant matrices into the order that products read them in: a little faster, but no longer only mapped. */
  repackMatrices: boolean;
}

export interface Session {
  /**
   * @param feeds a tensor for every input of the graph
   * @param outputs those wanted, all when left out
   */
  run(feeds: Readonly<Record<string, Tensor>>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export type Provider = 'cpu' | 'webgpu' | 'cuda';

export interface Runtime {
  readonly provider: Provider;
  /** What graphs for this runtime may use beyond standard ONNX. */
  readonly extensions: readonly Extension[];
  createSession(graph: Graph, options: SessionOptions): Promise<Session>;
}
