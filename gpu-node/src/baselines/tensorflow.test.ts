import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTensorflow } from './tensorflow.ts';
import { sumSegments } from './wasm-kernels.ts';

describe('openTensorflow', { timeout: 60_000 }, () => {
  it('takes the first backend that proves itself and says why not the ones before it', async () => {
    const { backend, attempts } = await openTensorflow();
    expect(tf.getBackend()).toBe(backend);
    expect(attempts.at(-1)).toEqual({ backend, refusal: undefined });
    for (const { refusal } of attempts.slice(0, -1)) expect(refusal).toMatch(/\w{3,}/);
  });

  it.each(['wasm', 'cpu'] as const)('computes on %s when asked to', async (backend) => {
    expect((await openTensorflow(backend)).backend).toBe(backend);
    expect(tf.getBackend()).toBe(backend);
    expect([...tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]).dataSync())]).toEqual([11]);
    expect((await openTensorflow()).backend, 'it stays').toBe(backend);
  });

  it('refuses a backend that computes wrongly', async () => {
    await openTensorflow('cpu');
    const kernel = tf.getKernel(tf.UnsortedSegmentSum, 'cpu');
    tf.unregisterKernel(tf.UnsortedSegmentSum, 'cpu');
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) =>
        kernel.kernelFunc({ ...call, inputs: { ...call.inputs, segmentIds: zeros(call.inputs.segmentIds!) } }),
    });
    try {
      await expect(openTensorflow('cpu')).rejects.toThrow(
        /no backend here \(cpu: it computes .* is right\)\. Install again/,
      );
    } finally {
      tf.unregisterKernel(tf.UnsortedSegmentSum, 'cpu');
      tf.registerKernel(kernel);
    }
    expect((await openTensorflow('cpu')).backend).toBe('cpu');
  });
});

function zeros({ shape }: tf.TensorInfo): tf.TensorInfo {
  return tf.zeros(shape, 'int32');
}

describe('splits on WebAssembly', { timeout: 60_000 }, () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

  it('part a tensor as TensorFlow.js does in plain JavaScript', async () => {
    const compute = (dims: number[], axis: number, dtype: 'float32' | 'int32') =>
      tf.tidy(() => {
        const size = dims.reduce((product, n) => product * n, 1);
        const x = tf.tensor(
          Array.from({ length: size }, (_, i) => i),
          dims,
          dtype,
        );
        const sizes = dims[axis]! > 1 ? [1, dims[axis]! - 1] : [1];
        return [...tf.unstack(x, axis), ...tf.split(x, sizes, axis)].map((part) => [part.shape, [...part.dataSync()]]);
      });
    const cases = fc.sample(fc.tuple(shape, fc.nat(), fc.constantFrom('float32' as const, 'int32' as const)), {
      numRuns: 40,
      seed: 1,
    });
    const on = async (backend: 'cpu' | 'wasm') => {
      await openTensorflow(backend);
      return cases.map(([dims, n, dtype]) => compute(dims, n % dims.length, dtype));
    };
    expect(await on('wasm')).toEqual(await on('cpu'));
  });
});

describe('sumSegments', () => {
  it('adds up as TensorFlow.js does in plain JavaScript', async () => {
    await openTensorflow('cpu');
    const rows = fc.array(
      fc.tuple(
        fc.integer({ min: -1, max: 5 }),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }),
      ),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(rows, (entries) => {
        const x = entries.flatMap(([, row]) => row);
        const ids = entries.map(([id]) => id);
        const out = new Float32Array(5 * 3).fill(7);
        sumSegments(Float32Array.from(x), Int32Array.from(ids), out);
        const expected = tf.tidy(() =>
          tf.unsortedSegmentSum(tf.tensor2d(x, [ids.length, 3]), tf.tensor1d(ids, 'int32'), 5).dataSync(),
        );
        expect([...out]).toEqual([...expected]);
      }),
    );
  });
});
