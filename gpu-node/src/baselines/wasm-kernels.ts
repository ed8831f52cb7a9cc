// Kernels that TensorFlow.js 4.22 lacks on WebAssembly and the recommenders need: the gradient of an embedding.
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** Registers them once; a version that brings its own keeps it. */
export function registerMissingKernels(): void {
  if (tf.getKernel(tf.UnsortedSegmentSum, 'wasm')) return;
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.TensorInfo>;
      const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
      const wasm = backend as BackendWasm;
      const out = wasm.makeOutput([numSegments, ...x.shape.slice(1)], 'float32');
      sumSegments(
        wasm.typedArrayFromHeap(x) as Float32Array,
        wasm.typedArrayFromHeap(segmentIds) as Int32Array,
        wasm.typedArrayFromHeap(out) as Float32Array,
      );
      return out;
    },
  });
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
