// What every new job passes: its data is there and fits, its model is held by someone, and a Workflow sees it through.
import { TallrecError } from '@tallrec/shared/errors';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, findDataset } from '../../repo/datasets.ts';
import { insertJob, type JobRow, type NewJob, setInstance } from '../../repo/jobs.ts';
import { listNodesOf } from '../../repo/nodes.ts';

export interface DataNeeds {
  /** What the dataset is for, as the request names it. */
  role: string;
  kinds: readonly DatasetKind[];
  /** Rows without an answer can be scored, and neither learned from nor judged. */
  labelled?: boolean;
}

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED */
export async function requireData(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  id: string,
  { role, kinds, labelled = true }: DataNeeds,
): Promise<DatasetRow> {
  const row = await findDataset(deps.db, ctx.workspace, id);
  if (!row || row.state === 'deleting') {
    throw new TallrecError('NOT_FOUND', `${role}: there is no dataset ${id}.`, { fix: 'GET /v1/datasets lists them.' });
  }
  if (row.state === 'rejected') {
    throw new TallrecError('DATASET_REJECTED', `${role}: ${id} was rejected with ${row.errorCount} errors.`, {
      fix: 'Mend the rows named in its rowErrors and upload it again.',
    });
  }
  if (row.state !== 'ready') {
    throw new TallrecError('ILLEGAL_STATE', `${role}: the dataset ${id} is ${row.state}, not ready.`, {
      fix: 'Complete its upload and wait until it is ready.',
    });
  }
  if (!kinds.includes(row.kind)) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `${role}: the dataset ${id} holds ${row.kind}; this needs ${kinds.join(' or ')}.`,
      { fix: 'GET /v1/datasets shows the kind of each.' },
    );
  }
  const unlabelled = row.stats && row.kind === 'samples' ? row.stats.rows - row.stats.labelled : 0;
  if (labelled && unlabelled > 0) {
    throw new TallrecError('VALIDATION_FAILED', `${role}: ${unlabelled} rows of ${id} do not say what was liked.`, {
      fix: 'Give each row its answer; rows without one can be scored (POST /v1/scorings).',
    });
  }
  return row;
}

/**
 * A model that no node of the workspace's holds is refused at once: the job would wait for ever.
 * @param wait accept it all the same
 * @throws TallrecError MODEL_UNKNOWN, with the nodes and the models that there are
 */
export async function requireModel(deps: Pick<Deps, 'db'>, ctx: Ctx, model: string, wait: boolean): Promise<void> {
  if (wait) return;
  const nodes = await listNodesOf(deps.db, ctx.workspace);
  if (nodes.some(({ status }) => status?.models.some(({ name }) => name === model))) return;
  const models = [...new Set(nodes.flatMap(({ status }) => status?.models.map(({ name }) => name) ?? []))].sort();
  const there = nodes.map(({ name, connected }) => `${name} (${connected ? 'online' : 'offline'})`);
  throw new TallrecError('MODEL_UNKNOWN', `No node holds the model "${model}".`, {
    fix:
      nodes.length === 0
        ? 'There is no node yet: POST /v1/nodes, then tallrec serve. Or send "wait": true.'
        : `Nodes: ${there.join(', ')}; models: ${models.join(', ') || 'none'}. Name one of these, start a node with the model, or send "wait": true.`,
    details: { nodes: nodes.map(({ id, name, connected }) => ({ id, name, connected })), models },
  });
}

type CreateDeps = Pick<Deps, 'db' | 'clock' | 'feeds' | 'drivers'>;

/** Records the job and starts its Workflow. Repeated under its Idempotency-Key, it finds the job there, and the Workflow perhaps not. */
export async function createJob(
  deps: CreateDeps,
  ctx: Ctx,
  job: Omit<NewJob, 'nowMs' | 'workspace' | 'createdBy'>,
  inputs: (string | null)[],
): Promise<JobRow> {
  const nowMs = deps.clock.nowMs();
  const row = await insertJob(
    deps.db,
    { ...job, workspace: ctx.workspace, createdBy: ctx.actor, nowMs },
    [...new Set(inputs.filter((input) => input !== null))],
    { ctx, action: `${job.kind}.create`, subject: job.id, details: { name: job.name }, nowMs },
  );
  if (row.instance !== null) return row;
  await deps.feeds.append(row.id, [{ type: 'state', state: 'queued', node: null, error: null }], row.fence);
  await startDriver(deps, row.id);
  return row;
}

/** Starts a Workflow that sees the job through from where it stands. Each start has an instance of its own, an ended one never wakes. */
export async function startDriver(deps: Pick<Deps, 'db' | 'drivers' | 'clock'>, id: string): Promise<void> {
  const instance = `${id}-${deps.clock.nowMs().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
  await setInstance(deps.db, id, instance);
  await deps.drivers.start(id, instance);
}
