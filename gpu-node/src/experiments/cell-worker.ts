// A thread that runs one cell after the other for `CellWorkers`.
import { parentPort, workerData } from 'node:worker_threads';
import { TallrecError } from '@tallrec/shared/errors';
import type { Method } from '../methods/method.ts';
import { methodsFrom } from '../methods/registry.ts';
import type { WorkerData, WorkerReply, WorkerRequest } from './cell-workers.ts';
import { openDomain } from './domain.ts';
import { runCell } from './run-cell.ts';

const { domains: places, conventional } = workerData as WorkerData;
const domains = Promise.all(places.map(({ nameOrDir, dataDir }) => openDomain(nameOrDir, dataDir)));
const methods = openMethods();
const reply = (message: WorkerReply) => parentPort!.postMessage(message);

async function openMethods(): Promise<Method[]> {
  if (!conventional) return methodsFrom({ conventional: [] });
  const { conventionalMethods } = await import('../baselines/conventional-methods.ts');
  return methodsFrom({ conventional: conventionalMethods(conventional) });
}

parentPort!.on('message', async (request: WorkerRequest) => {
  try {
    const [known, all] = [await domains, await methods];
    const named = (names: readonly string[]) => names.map((name) => known.find((domain) => domain.name === name)!);
    const plan = {
      ...request,
      method: all.find(({ name }) => name === request.method)!,
      trainedOn: named(request.trainedOn),
      testedOn: named(request.testedOn),
    };
    const cell = await runCell(plan, {
      onProgress: (phase, done, total) => reply({ kind: 'progress', phase, done, total }),
    });
    reply({ kind: 'done', cell });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof TallrecError) reply({ kind: 'failed', code: error.code, message });
    else reply({ kind: 'broken', message });
  }
});
