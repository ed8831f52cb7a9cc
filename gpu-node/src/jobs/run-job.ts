// One job from its frame to what it comes to: fetch the data, have it done, and send what was made.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { ADAPTER_FILES, adapterId, BLEND_FILE } from '@tallrec/shared/wire/adapters';
import {
  type EvaluateJob,
  type Job,
  type JobData,
  type JobFacts,
  RESULT_FILES,
  type ScoreJob,
  type TuneJob,
} from '@tallrec/shared/wire/link';
import { REPORT_FILE } from '../train/tuned-files.ts';
import { type AdapterCache, withAdapter } from './adapter-cache.ts';
import type { BatchData } from './batch-data.ts';
import { readCatalogue, readRatingRows, readSampleRows, readUserRows } from './batch-rows.ts';
import { CheckpointUploads, fetchCheckpoint } from './checkpoint-transfer.ts';
import type { EdgeFiles } from './edge-files.ts';
import type { DataPlace, EngineMethod, EngineParams, EngineResult, EngineRole, ModelPlace } from './engine-calls.ts';
import type { EngineChild } from './engine-child.ts';
import type { HashedFiles } from './hashed-files.ts';
import type { JobPaths, JobStore } from './job-store.ts';
import type { JobContext, JobSuccess, JobWork, SharedEngine } from './job-work.ts';
import { predictionsIn } from './prediction-file.ts';
import { scoreRows } from './score-rows.ts';

type JobResult = JobSuccess['result'];

export interface JobWorkOptions {
  store: Pick<JobStore, 'paths'>;
  files: Pick<EdgeFiles, 'download' | 'upload'>;
  adapters: Pick<AdapterCache, 'locate' | 'drop'>;
  documents: Pick<HashedFiles, 'locate'>;
  batchData: Pick<BatchData, 'locate'>;
  scoring: SharedEngine;
  /** @throws TallrecError MODEL_UNSUPPORTED where this node does not hold the model */
  locateModel: (name: string) => ModelPlace;
  newEngine: (role: EngineRole) => EngineChild;
  log: (line: string) => void;
  nowMs: () => number;
  /** An engine that has not stopped this long after it was asked to is killed. */
  graceMs?: number;
}

export function jobWork(options: JobWorkOptions): JobWork {
  const {
    store,
    files,
    adapters,
    documents,
    batchData,
    scoring,
    locateModel,
    newEngine,
    log,
    nowMs,
    graceMs = 10_000,
  } = options;

  async function fetchData(data: JobData, file: string, signal: AbortSignal): Promise<DataPlace> {
    await files.download(data.path, file, { signal });
    return { kind: data.kind, sampling: data.sampling, split: data.split, file };
  }

  async function located(items: JobFacts | null, signal: AbortSignal): Promise<string | undefined> {
    return items ? documents.locate(items, signal) : undefined;
  }

  /** Has an engine of its own do it, from the job's furthest checkpoint on, and sends new checkpoints meanwhile. */
  async function callEngine<M extends EngineMethod>(
    role: EngineRole,
    method: M,
    params: EngineParams<M>,
    { job, paths, context }: { job: Job; paths: JobPaths; context: JobContext },
  ): Promise<EngineResult<M>> {
    const { signal, stop, onEvent } = context;
    const privateDir = paths.data('checkpoint-transfer');
    await fetchCheckpoint({ job, files, checkpointDir: paths.checkpoint, privateDir, signal, log });
    const uploads = new CheckpointUploads({ job, files, privateDir, onEvent, log, nowMs });
    const engine = newEngine(role);
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => void engine.kill(), graceMs);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const onCheckpoint = (checkpoint: { step: number; dir: string }) => uploads.offer(checkpoint);
      const result = await engine.call(method, params, { signal, stop, onEvent, onCheckpoint });
      signal.throwIfAborted();
      return result;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      await engine.kill();
      await uploads.end();
    }
  }

  async function tune(job: TuneJob, paths: JobPaths, context: JobContext): Promise<JobResult> {
    const { signal } = context;
    const beganAtMs = nowMs();
    const model = locateModel(job.model);
    const train = await fetchData(job.train, paths.data('train.jsonl'), signal);
    const valid = job.valid && (await fetchData(job.valid, paths.data('valid.jsonl'), signal));
    const facts = await located(job.items, signal);
    const init = job.init && (await adapters.locate(job.init));
    const trained = await callEngine(
      'train',
      'tune',
      {
        ...{ model, settings: job.settings, train, valid, facts, init },
        ...{ checkpointDir: paths.checkpoint, outDir: paths.out, beganAtMs },
      },
      { job, paths, context },
    );
    const { weightsBytes } = trained.files;
    if (weightsBytes > LIMITS.adapterBytes) {
      throw new TallrecError('TOO_LARGE', `The adapter has ${weightsBytes} bytes, more than ${LIMITS.adapterBytes}.`, {
        fix: 'Use a smaller loraRank or fewer loraModules.',
      });
    }
    return { kind: 'tune', adapter: await adapterId(trained.files), modelHash: model.contentHash, ...trained };
  }

  async function evaluate(job: EvaluateJob, paths: JobPaths, context: JobContext): Promise<JobResult> {
    const { signal } = context;
    const fetched = async (data: JobData | null, name: string) =>
      data && (await fetchData(data, paths.data(`${name}.jsonl`), signal));
    const params: EngineParams<'evaluate'> = {
      model: job.model === null ? null : locateModel(job.model),
      template: job.template,
      fit: job.fit,
      limit: job.limit,
      untuned: job.untuned,
      data: await fetchData(job.data, paths.data('data.jsonl'), signal),
      train: await fetched(job.train, 'train'),
      valid: await fetched(job.valid, 'valid'),
      instructions: await fetched(job.instructions, 'instructions'),
      facts: await located(job.items, signal),
      checkpointDir: paths.checkpoint,
      adapter: job.adapter && (await adapters.locate(job.adapter)),
      predictionsFile: predictionsIn(paths.out),
    };
    return { kind: 'evaluate', report: await callEngine('evaluate', 'evaluate', params, { job, paths, context }) };
  }

  /** Has no engine of its own: the model is loaded once, and live requests get their turn between its rows. */
  async function score(job: ScoreJob, paths: JobPaths, context: JobContext): Promise<JobResult> {
    const { signal } = context;
    const { data, range, rank } = job;
    const model = locateModel(job.model);
    const catalogue =
      rank &&
      (await readCatalogue(
        await batchData.locate(job.id, 'catalogue', rank.catalogue.path, signal),
        rank.catalogue.kind,
      ));
    let rows: Parameters<typeof scoreRows>[0]['rows'];
    if (range) {
      await files.download(data.path, paths.data('rows.jsonl'), { range, signal });
      rows = readSampleRows(paths.data('rows.jsonl'));
    } else {
      const ratings = await batchData.locate(job.id, 'rows', data.path, signal);
      rows = rank
        ? await readUserRows(ratings, data.sampling, { firstUser: job.firstRow, users: job.rows })
        : await readRatingRows(ratings, data.sampling, job);
    }
    const facts = await located(job.items, signal);
    const dir = paths.checkpoint;
    const scored = await withAdapter(adapters, job.adapter, (adapter) =>
      scoreRows({ job, scoring, model, adapter, facts, rows, catalogue, dir, nowMs, ...context }),
    );
    return { kind: 'score', ...scored };
  }

  /** The files that make up a result, under the names by which the edge knows them. */
  function resultFiles(result: JobResult, paths: JobPaths): { file: string; source: string; sha256?: string }[] {
    switch (result.kind) {
      case 'tune': {
        const { configSha256, weightsSha256 } = result.files;
        return [
          { file: RESULT_FILES.config, source: join(paths.out, ADAPTER_FILES.config), sha256: configSha256 },
          { file: RESULT_FILES.weights, source: join(paths.out, ADAPTER_FILES.weights), sha256: weightsSha256 },
          { file: RESULT_FILES.report, source: join(paths.out, REPORT_FILE) },
          ...(result.blend
            ? [{ file: RESULT_FILES.blend, source: join(paths.out, BLEND_FILE), sha256: result.blend.file.sha256 }]
            : []),
        ];
      }
      case 'evaluate':
        return [{ file: RESULT_FILES.predictions, source: predictionsIn(paths.out) }];
      case 'score':
        return [{ file: RESULT_FILES.predictions, source: predictionsIn(paths.checkpoint) }];
    }
  }

  return {
    async run(job, context) {
      const paths = store.paths(job.id);
      await mkdir(paths.out, { recursive: true });
      switch (job.kind) {
        case 'tune':
          return tune(job, paths, context);
        case 'evaluate':
          return evaluate(job, paths, context);
        case 'score':
          return score(job, paths, context);
      }
    },
    async deliver(job, result, signal) {
      for (const { file, source, sha256 } of resultFiles(result, store.paths(job.id))) {
        await files.upload(job.resultsPath, file, source, { signal, sha256 });
      }
    },
  };
}
