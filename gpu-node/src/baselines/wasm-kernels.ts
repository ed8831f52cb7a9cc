// Kernels for WebAssembly: the gradient of an embedding, which TensorFlow.js 4.22 lacks there, and splits, whose own kernels copy the
// whole tensor for every part.
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

type Call = Parameters<tf.KernelFunc>[0];

/** Registers them, in place of those that there are. */
export function registerWasmKernels(): void {
  const kernels: Record<string, tf.KernelFunc> = {
    [tf.UnsortedSegmentSum]: unsortedSegmentSum,
    [tf.Unpack]: unpack,
    [tf.SplitV]: splitV,
  };
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
}

function unsortedSegmentSum({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.TensorInfo>;
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
  const wasm = backend as BackendWasm;
  const out = wasm.makeOutput([numSegments, ...x.shape.slice(1)], 'float32');
  sumSegments(floats(wasm, x), wasm.typedArrayFromHeap(segmentIds) as Int32Array, floats(wasm, out));
  return out;
}

function unpack({ inputs, attrs, backend }: Call): tf.TensorInfo[] {
  const value = inputs.value!;
  const axis = axisOf((attrs as unknown as tf.UnpackAttrs).axis, value);
  const shape = value.shape.toSpliced(axis, 1);
  const sizes = new Array<number>(value.shape[axis]!).fill(1);
  return parts(backend as BackendWasm, value, axis, sizes, () => shape);
}

function splitV({ inputs, attrs, backend }: Call): tf.TensorInfo[] {
  const x = inputs.x!;
  const { numOrSizeSplits, axis: named } = attrs as unknown as tf.SplitVAttrs;
  const axis = axisOf(named, x);
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, axis);
  return parts(backend as BackendWasm, x, axis, sizes, (size) => x.shape.with(axis, size));
}

function axisOf(axis: number, { shape }: tf.TensorInfo): number {
  return axis < 0 ? axis + shape.length : axis;
}

function parts(
  wasm: BackendWasm,
  x: tf.TensorInfo,
  axis: number,
  sizes: readonly number[],
  shapeOf: (size: number) => number[],
): tf.TensorInfo[] {
  const outs = sizes.map((size) => wasm.makeOutput(shapeOf(size), x.dtype));
  const inner = x.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const row = x.shape[axis]! * inner;
  // Views come after all outputs: making one can move the heap.
  const from = floats(wasm, x);
  let before = 0;
  sizes.forEach((size, part) => {
    const to = floats(wasm, outs[part]!);
    const width = size * inner;
    for (let at = before, n = 0; n < to.length; at += row, n += width) to.set(from.subarray(at, at + width), n);
    before += width;
  });
  return outs;
}

/** Its numbers where they lie; integers are typed as what they are. */
function floats(wasm: BackendWasm, tensor: tf.TensorInfo): Float32Array {
  return wasm.typedArrayFromHeap(tensor) as Float32Array;
}

/**
 * out[s] = Σ x[n] over the n with ids[n] = s; rows of ids outside [0, S) are left out, as in TensorFlow.
 * @param x [N, …]
 * @param ids [N]
 * @param out [S, …], overwritten
 */
export function sumSegments(x: Float32Array, ids: Int32Array, out: Float32Array): void {
  out.fill(0);
  const width = ids.length === 0 ? 0 : x.length / ids.length;
  for (let n = 0; n < ids.length; n++) {
    const to = ids[n]! * width;
    if (to < 0 || to >= out.length) continue;
    for (let j = 0; j < width; j++) out[to + j]! += x[n * width + j]!;
  }
}
