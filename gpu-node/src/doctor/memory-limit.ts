// How much memory a provider has, where nobody says.
import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { firstCudaDevice } from '../config.ts';
import type { Provider } from '../graph/execution.ts';

/** @returns undefined for a GPU that does not tell: WebGPU has no way to ask, and NVIDIA's tool knows its cards alone */
export function memoryLimitBytes(provider: Provider): number | undefined {
  return provider === 'cpu' ? machineBytes() : cardBytes();
}

/** This machine's memory, or what its container may take of it. */
function machineBytes(): number {
  // A limit that nobody set is zero, or more than there is.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** Of the card that CUDA counts first. */
function cardBytes(): number | undefined {
  const visible = firstCudaDevice();
  const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits'];
  try {
    const text = execFileSync('nvidia-smi', [...query, ...(visible ? ['-i', visible] : [])], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return parseMebibytes(text);
  } catch {
    return undefined;
  }
}

/** Of the first line of what `nvidia-smi` prints. */
export function parseMebibytes(text: string): number | undefined {
  const mebibytes = Number.parseInt(text, 10);
  return mebibytes > 0 ? mebibytes * 2 ** 20 : undefined;
}
