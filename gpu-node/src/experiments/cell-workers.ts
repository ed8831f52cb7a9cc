// Threads that run cells of conventional methods and controls side by side. A thread writes nothing: it can be ended at any time.

import { Worker } from 'node:worker_threads';
import { type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import type { ConventionalOptions } from '../baselines/conventional-methods.ts';
import { throwIfCancelled } from '../methods/cancelled.ts';
import type { CellFile, CellPlan } from './cell.ts';
import type { RunCellOptions } from './run-cell.ts';
import type { CellRunners } from './run-grid.ts';

/** What a thread makes its domains and methods of. */
export interface WorkerData {
  domains: { nameOrDir: string; dataDir: string | undefined }[];
  conventional: ConventionalOptions | undefined;
}

/** A plan by names: methods and domains are made again in the thread. */
export interface WorkerRequest extends Omit<CellPlan, 'method' | 'trainedOn' | 'testedOn'> {
  method: string;
  trainedOn: string[];
  testedOn: string[];
}

export type WorkerReply =
  | { kind: 'progress'; phase: string; done: number; total: number }
  | { kind: 'done'; cell: CellFile }
  | { kind: 'failed'; code: ErrorCode; message: string }
  | { kind: 'broken'; message: string };

export class CellWorkers implements CellRunners {
  readonly count: number;
  readonly #data: WorkerData;
  readonly #idle: Worker[] = [];

  constructor(count: number, data: WorkerData) {
    this.count = z.int().min(1).parse(count);
    this.#data = data;
  }

  /** @throws TallrecError as a cell that is run here; an aborted one ends its thread */
  readonly run = async (plan: CellPlan, { signal, onProgress }: RunCellOptions = {}): Promise<CellFile> => {
    throwIfCancelled(signal);
    const worker =
      this.#idle.pop() ?? new Worker(new URL('./cell-worker.ts', import.meta.url), { workerData: this.#data });
    const { promise, resolve, reject } = Promise.withResolvers<CellFile>();
    let sound = false;
    const onMessage = (reply: WorkerReply) => {
      if (reply.kind === 'progress') return onProgress?.(reply.phase, reply.done, reply.total);
      sound = reply.kind !== 'broken';
      if (reply.kind === 'done') resolve(reply.cell);
      else if (reply.kind === 'failed') reject(new TallrecError(reply.code, reply.message));
      else reject(new Error(reply.message));
    };
    const onExit = () =>
      reject(new TallrecError('ENGINE_FAILED', 'A thread ended before its cell did.', { fix: 'Try fewer --jobs.' }));
    const onAbort = () => reject(new TallrecError('CANCELLED', 'The work was cancelled.'));
    worker.on('message', onMessage).on('error', reject).on('exit', onExit);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      worker.postMessage(requestOf(plan));
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', reject).off('exit', onExit);
      if (sound) this.#idle.push(worker);
      else await worker.terminate();
    }
  };

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()));
  }
}

function requestOf({ method, trainedOn, testedOn, ...rest }: CellPlan): WorkerRequest {
  const names = (domains: CellPlan['trainedOn']) => domains.map(({ name }) => name);
  return { ...rest, method: method.name, trainedOn: names(trainedOn), testedOn: names(testedOn) };
}
