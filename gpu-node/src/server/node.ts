// A node, put together: engines, jobs, the node's app and its link to the edge, from start to orderly end.
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import packageJson from '../../package.json' with { type: 'json' };
import { config } from '../config.ts';
import type { ComputeRequest } from '../doctor/compute-plan.ts';
import { AdapterCache } from '../jobs/adapter-cache.ts';
import { BatchData } from '../jobs/batch-data.ts';
import { EdgeFiles } from '../jobs/edge-files.ts';
import type { EngineComputing, EngineRole, ModelPlace } from '../jobs/engine-calls.ts';
import { EngineChild } from '../jobs/engine-child.ts';
import { HashedFiles } from '../jobs/hashed-files.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { JobStore } from '../jobs/job-store.ts';
import type { JobWork } from '../jobs/job-work.ts';
import { jobWork } from '../jobs/run-job.ts';
import { Link } from '../link/link.ts';
import { describeModel } from '../models/store.ts';
import { SpeedStore } from '../train/speeds.ts';
import { createNodeApi } from './api.ts';
import { createNodeApp } from './app.ts';
import { Estimates } from './estimates.ts';
import { Scoring } from './scoring.ts';

export interface NodeOptions {
  edgeUrl: string;
  /** Asked at each dialling: it may have been rotated meanwhile. */
  secret: () => Promise<string>;
  /** Adapters and jobs are kept below it. */
  home: string;
  models: readonly ModelPlace[];
  computing: ComputeRequest;
  listen: { port: number; host: string } | undefined;
  /** Aborted to end in order. */
  signal: AbortSignal;
  log: (line: string) => void;
}

/**
 * Runs a node until `signal` is aborted.
 * @throws TallrecError when the edge refuses the secret, the provider cannot be used, or the same node connects elsewhere
 */
export async function startNode(options: NodeOptions): Promise<void> {
  const { edgeUrl, secret, home, models, signal, log } = options;
  const { precision, reason, ...decided } = await probe(options.computing);
  const computing: EngineComputing = { ...decided, proven: true };
  const { provider, memoryBytes } = computing;
  const infos = await Promise.all(models.map(describeModel));
  const limit = memoryBytes === undefined ? '' : `, keeping to ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  log(`Provider ${reason} Computing in ${precision}${limit}.`);
  log(`Models: ${infos.map(({ name, parameters }) => `${name} (${(parameters / 1e6).toFixed(1)} M)`).join(', ')}`);

  const newEngine = (role: EngineRole) => new EngineChild(role, { computing });
  const files = new EdgeFiles(edgeUrl);
  const documents = await HashedFiles.open(join(home, 'documents'), files);
  const adapters = await AdapterCache.open(join(home, 'adapters'), { files, documents });
  const store = new JobStore(join(home, 'jobs'));
  const scoring = new Scoring({ newEngine: () => newEngine('score') });
  const locateModel = (name: string): ModelPlace => {
    const model = models.find((place) => place.name === name);
    if (model) return model;
    throw new TallrecError('MODEL_UNSUPPORTED', `This node does not hold the model ${name}.`, {
      fix: `It holds ${models.map((place) => place.name).join(', ')}.`,
    });
  };
  const batchData = new BatchData(join(home, 'batches'), files);
  const nowMs = Date.now;
  const estimates: Estimates = new Estimates({
    ...{ newEngine, locateModel, log, nowMs },
    speeds: new SpeedStore(home),
    isBusy: () => jobs.runningJob !== null,
  });
  const ofJobs = jobWork({ store, files, adapters, documents, batchData, scoring, locateModel, newEngine, log, nowMs });
  const work: JobWork = {
    ...ofJobs,
    async run(job, context) {
      await estimates.stopTrial();
      return ofJobs.run(job, context);
    },
  };
  const jobs: JobRunner = new JobRunner({ store, work, send: (frame) => link.send(frame), log, nowMs });
  const status = (): NodeStatus => ({
    version: packageJson.version,
    provider,
    precision,
    memoryBytes: totalmem(),
    models: infos,
    adapters: adapters.ids(),
    runningJob: jobs.runningJob,
    queuedRequests: scoring.queued,
    encoder: config().encoderDir !== undefined,
  });
  const api = createNodeApi({ scoring, estimates, adapters, documents, locateModel, status, log });
  const onWelcome = (node: string) => log(`Joined ${edgeUrl} as ${node}.`);
  const link = new Link({ edgeUrl, secret, api, jobs, status, log, onWelcome });

  await jobs.restore();
  // Jobs go on from their checkpoints elsewhere, while what was asked of this node is still answered.
  signal.addEventListener('abort', () => void jobs.suspend(), { once: true });
  const server = options.listen && (await listen(createNodeApp(api).fetch, options.listen, log));
  try {
    await link.run(signal);
  } finally {
    server?.close();
    await jobs.suspend();
    await Promise.all([scoring.close(), estimates.close()]);
  }
}

async function probe(computing: ComputeRequest) {
  const engine = new EngineChild('probe', { computing: { ...computing, proven: false } });
  try {
    return await engine.call('probe', {});
  } finally {
    await engine.kill();
  }
}

function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  { port, host }: { port: number; host: string },
  log: (line: string) => void,
) {
  return new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const server = serve({ fetch, port, hostname: host }, (address) => {
      log(`The node's API listens on http://${host}:${address.port}`);
      resolve(server);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix = 'Choose another --listen port; 0 takes a free one.';
      reject(
        new TallrecError('CONFLICT', `Port ${port} cannot be listened on (${error.code}).`, { fix, cause: error }),
      );
    });
  });
}
