import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../../compose.ts';
import { parseEnv } from '../../env.ts';
import { findJob, insertJob, listQueuedJobs, moveJob } from '../../repo/jobs.ts';
import { jobs } from '../../repo/schema.ts';
import { defaultWorkspace, newWorkspace, type TestWorkspace } from '../../testing/client.ts';
import { nodeStatus } from '../../testing/fake-node.ts';
import { createTuning, nextJob, samplesDataset } from '../../testing/job-node.ts';
import { joined, leaveRoom } from '../../testing/job-room.ts';
import { sweepJobs } from './sweep.ts';

const deps = makeDeps(parseEnv(env));
let dataset: string;
let made = 0;

beforeAll(async () => {
  dataset = (await samplesDataset()).id;
});
afterEach(leaveRoom);

const MODEL_OF_THESE = 'queued-model';

async function queued(
  { id: workspace }: TestWorkspace,
  change: { priority?: number; model?: string } = {},
): Promise<string> {
  const id = `tun_${String(++made).padStart(26, '0')}`;
  const ctx = { workspace, actor: 'test' };
  await insertJob(
    deps.db,
    {
      id,
      workspace,
      kind: 'tuning',
      name: 'test',
      priority: change.priority ?? 0,
      model: change.model ?? MODEL_OF_THESE,
      spec: { kind: 'tuning', dataset, validDataset: null, initAdapter: null, settings: {} as never },
      createdBy: 'test',
      nowMs: made,
    },
    [],
    { ctx, action: 'tuning.create', subject: id, nowMs: Date.now() },
  );
  return id;
}

const start = (id: string, nowMs: number) =>
  moveJob(deps.db, id, { to: 'dispatched', nowMs, change: { node: 'node_x', dispatchedAt: nowMs } });

async function order(workspace: string | null = null, models = [MODEL_OF_THESE]): Promise<string[]> {
  const rows = await listQueuedJobs(deps.db, { node: 'node_x', models, workspace, nowMs: Date.now(), limit: 50 });
  // Other files' jobs that need no model wait there too.
  return rows.map(({ id }) => id).filter((id) => id.startsWith('tun_000000'));
}

describe('the queue', () => {
  it('goes by priority, then by who has the fewest at work, then by whose turn it is', async () => {
    const [busy, calm] = [await newWorkspace('busy'), await newWorkspace('calm')];
    const [atWork, a, b] = [await queued(busy), await queued(busy), await queued(busy)];
    const c = await queued(calm);
    const urgent = await queued(busy, { priority: 5 });
    await start(atWork, 1);
    expect(await order()).toEqual([urgent, c, a, b]);
    expect(await order(busy.id)).toEqual([urgent, a, b]);
    // Both have one at work now, and the turn of the busy one lies longer ago.
    await start(c, 2);
    const d = await queued(calm);
    expect(await order()).toEqual([urgent, a, b, d]);
    expect(await order(null, ['another'])).toEqual([]);
    for (const id of [atWork, a, b, c, d, urgent]) await moveJob(deps.db, id, { to: 'cancelled', nowMs: 3 });
  });
});

it('a job of one workspace is given to its own nodes and to shared ones, never to another’s', async () => {
  const other = await newWorkspace('other');
  const foreign = await joined(nodeStatus(), other.key);
  const { id } = await createTuning(dataset);
  await sweepJobs(deps);
  expect((await findJob(deps.db, id))!.state).toBe('queued');
  const own = await joined();
  await nextJob(own, 'tune', id);
  expect(foreign.frames.filter(({ type }) => type === 'job')).toEqual([]);
  foreign.drop();
});

it('jobs for a model that nobody holds hide no other, however many a sweep takes', async () => {
  const home = await defaultWorkspace();
  const stuck: string[] = [];
  for (let i = 0; i < 10; i++) stuck.push(await queued(home, { model: 'held-by-nobody' }));
  const { id } = await createTuning(dataset);
  const node = await joined();
  await nextJob(node, 'tune', id);
  // A node that goes without its object noticing: only the sweep can find that out.
  const link = env.NODE_LINK.get(env.NODE_LINK.idFromName(node.id));
  await link.remove();
  await deps.db.update(jobs).set({ sweptAt: 0 });
  for (let time = 0; time < 5; time++) await sweepJobs(deps, 3);
  expect((await findJob(deps.db, id))!.state).not.toBe('dispatched');
  for (const one of stuck) await moveJob(deps.db, one, { to: 'cancelled', nowMs: Date.now() });
});
