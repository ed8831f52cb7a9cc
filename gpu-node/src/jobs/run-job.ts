// One job from its frame to its outcome: fetch the data, run the engine, send the results.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { EvaluateJob, JobData, JobOutcome, TuneJob } from '@tallrec/shared/wire/link';
import { REPORT_FILE } from '../train/tuned-files.ts';
import type { AdapterCache } from './adapter-cache.ts';
import type { EdgeFiles } from './edge-files.ts';
import type { DataPlace, EngineMethod, EngineParams, EngineResult, EngineRole, ModelPlace } from './engine-calls.ts';
import type { CallOptions, EngineChild } from './engine-child.ts';
import type { RunJob } from './job-runner.ts';
import type { JobPaths, JobStore } from './job-store.ts';

export interface RunJobOptions {
  store: JobStore;
  files: EdgeFiles;
  adapters: AdapterCache;
  /** @throws TallrecError MODEL_UNSUPPORTED where this node does not hold the model */
  locateModel: (name: string) => ModelPlace;
  newEngine: (role: EngineRole) => EngineChild;
  /** An engine that has not stopped this long after it was asked to is killed. */
  graceMs?: number;
}

export function jobRunnerWith(options: RunJobOptions): RunJob {
  const { store, files, adapters, locateModel, newEngine, graceMs = 10_000 } = options;

  async function fetchData(data: JobData, file: string, signal: AbortSignal): Promise<DataPlace> {
    await files.download(data.path, file, { signal });
    return { kind: data.kind, sampling: data.sampling, split: data.split, file };
  }

  async function callEngine<M extends EngineMethod>(
    role: EngineRole,
    method: M,
    params: EngineParams<M>,
    call: CallOptions & { signal: AbortSignal },
  ): Promise<EngineResult<M>> {
    const engine = newEngine(role);
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => void engine.kill(), graceMs);
    };
    call.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await engine.call(method, params, call);
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', onAbort);
      await engine.kill();
    }
  }

  async function tune(job: TuneJob, paths: JobPaths, context: Parameters<RunJob>[1]): Promise<JobOutcome> {
    const { signal, progress } = context;
    const model = locateModel(job.model);
    const train = await fetchData(job.train, paths.data('train.jsonl'), signal);
    const valid = job.valid && (await fetchData(job.valid, paths.data('valid.jsonl'), signal));
    const init = job.init && (await adapters.locate(job.init));
    const trained = await callEngine(
      'train',
      'tune',
      { model, settings: job.settings, train, valid, init, checkpointDir: paths.checkpoint, outDir: paths.out },
      { signal, onProgress: progress },
    );
    signal.throwIfAborted();
    const { weightsBytes } = trained.files;
    if (weightsBytes > LIMITS.adapterBytes) {
      throw new TallrecError('TOO_LARGE', `The adapter has ${weightsBytes} bytes, more than ${LIMITS.adapterBytes}.`, {
        fix: 'Use a smaller loraRank or fewer loraModules.',
      });
    }
    await files.upload(job.results.configPath, join(paths.out, ADAPTER_FILES.config), { signal });
    await files.upload(job.results.weightsPath, join(paths.out, ADAPTER_FILES.weights), { signal });
    await files.upload(job.results.reportPath, join(paths.out, REPORT_FILE), { signal });
    return {
      status: 'succeeded',
      result: {
        kind: 'tune',
        adapter: await adapterId(trained.files),
        modelHash: model.contentHash,
        ...trained,
      },
    };
  }

  async function evaluate(job: EvaluateJob, paths: JobPaths, context: Parameters<RunJob>[1]): Promise<JobOutcome> {
    const { signal, progress } = context;
    const predictionsFile = join(paths.out, 'predictions.jsonl');
    const report = await callEngine(
      'evaluate',
      'evaluate',
      {
        model: job.model === null ? null : locateModel(job.model),
        template: job.template,
        fit: job.fit,
        limit: job.limit,
        data: await fetchData(job.data, paths.data('data.jsonl'), signal),
        train: job.train && (await fetchData(job.train, paths.data('train.jsonl'), signal)),
        valid: job.valid && (await fetchData(job.valid, paths.data('valid.jsonl'), signal)),
        instructions: job.instructions && (await fetchData(job.instructions, paths.data('instructions.jsonl'), signal)),
        checkpointDir: paths.checkpoint,
        adapter: job.adapter && (await adapters.locate(job.adapter)),
        predictionsFile,
      },
      { signal, onProgress: progress },
    );
    signal.throwIfAborted();
    await files.upload(job.results.predictionsPath, predictionsFile, { signal });
    return { status: 'succeeded', result: { kind: 'evaluate', report } };
  }

  return async (job, context) => {
    const paths = store.paths(job.id);
    await mkdir(paths.out, { recursive: true });
    return job.kind === 'tune' ? tune(job, paths, context) : evaluate(job, paths, context);
  };
}
