// TensorFlow.js and the backend it computes on: the native one with CUDA where it proves itself, else WebAssembly, else plain JavaScript.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all kernels; the core's own build for Node.js has none.
import '@tensorflow/tfjs-layers';
import { registerWasmKernels } from './wasm-kernels.ts';

/** In the order they are tried; `tensorflow` is what @tensorflow/tfjs-node-gpu registers. */
export const TENSORFLOW_BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
export type TensorflowBackend = (typeof TENSORFLOW_BACKENDS)[number];

export interface BackendAttempt {
  backend: TensorflowBackend;
  /** Why it was not taken; undefined for the one that was. */
  refusal: string | undefined;
}

export interface ChosenBackend {
  backend: TensorflowBackend;
  attempts: BackendAttempt[];
}

/** An optional dependency, whose native addon is there only where its install script ran. */
const NATIVE_PACKAGE: string = '@tensorflow/tfjs-node-gpu';

const load: Record<TensorflowBackend, () => Promise<void>> = {
  tensorflow: async () => {
    await import(NATIVE_PACKAGE);
  },
  wasm: async () => {
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(join(dirname(entry), '/'));
    registerWasmKernels();
  },
  cpu: async () => {},
};

let chosen: Promise<ChosenBackend> | undefined;

/**
 * Makes TensorFlow.js compute on the first backend that loads and proves itself; TensorFlow.js knows one at a time for the whole
 * process, so that without a request the first choice stays.
 * @throws TallrecError when the one that was asked for cannot be used
 */
export function openTensorflow(request?: TensorflowBackend): Promise<ChosenBackend> {
  if (request || !chosen) {
    const candidates = request ? [request] : TENSORFLOW_BACKENDS;
    const choice = choose(candidates);
    chosen = choice;
    choice.catch(() => {
      if (chosen === choice) chosen = undefined;
    });
  }
  return chosen!;
}

async function choose(candidates: readonly TensorflowBackend[]): Promise<ChosenBackend> {
  // Otherwise the plain backend advertises the native one on the console.
  tf.env().set('PROD', true);
  const attempts: BackendAttempt[] = [];
  for (const backend of candidates) {
    const refusal = await refusalOf(backend);
    attempts.push({ backend, refusal });
    if (refusal === undefined) return { backend, attempts };
  }
  const reasons = attempts.map(({ backend, refusal }) => `${backend}: ${refusal}`).join('; ');
  throw new TallrecError('ENGINE_FAILED', `TensorFlow.js has no backend here (${reasons}).`, {
    fix: 'Install again with npm ci.',
  });
}

async function refusalOf(backend: TensorflowBackend): Promise<string | undefined> {
  try {
    await load[backend]();
    if (!(await tf.setBackend(backend))) return 'it cannot be started';
    await tf.ready();
    return await disproof();
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.trim();
  }
}

/** What an embedding, a product and their gradients are for numbers that can be worked out by hand. */
async function disproof(): Promise<string | undefined> {
  const results = tf.tidy(() => {
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const loss = (x: tf.Tensor) => {
      const rows = tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')); // [3, 2]
      return tf.sum(tf.square(tf.matMul(rows, tf.tensor2d([1, 10], [2, 1]))));
    };
    const { value, grad } = tf.valueAndGrad(loss)(table);
    return [value, tf.reshape(grad, [-1])];
  });
  const [value, gradient] = await Promise.all(results.map((tensor) => tensor.data()));
  tf.dispose(results);
  // Rows (5, 6), (1, 2), (5, 6) · (1, 10) = 65, 21, 65; the gradient is twice that times (1, 10), summed where a row came twice.
  const expected = [65 ** 2 * 2 + 21 ** 2, 42, 420, 0, 0, 260, 2600];
  const computed = [...value!, ...gradient!];
  const close = expected.every((number, i) => Math.abs(number - computed[i]!) <= 1e-4 * Math.max(1, Math.abs(number)));
  return close ? undefined : `it computes ${computed.join(', ')} where ${expected.join(', ')} is right`;
}
