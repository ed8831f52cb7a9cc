import { nodeSchema } from '@tallrec/shared/wire/nodes';
import { expect, it } from 'vitest';
import { idOf } from '../testing/examples.ts';
import { awayNodeOf, type HeldJob } from './node-away.tsx';

const at = '2026-01-01T00:00:00Z';
const NODE = 'node_01jd3x6k8w5v0e9s2m4q7r1tza';
const nowMs = Date.parse(at);
const status = (runningJob: string | null) => ({
  ...{ provider: 'cpu', precision: 'f32', memoryBytes: 1, version: '1.0.0', models: [], adapters: [] },
  ...{ runningJob, queuedRequests: 0 },
});
const node = (connected: boolean, runningJob: string | null) =>
  nodeSchema.parse({
    ...{ id: NODE, name: 'n', shared: false, state: connected ? 'online' : 'offline', connected },
    ...{ draining: false, lastSeenAt: at, status: status(runningJob), createdBy: 'key', createdAt: at },
  });
const job = (changes: Partial<HeldJob> = {}): HeldJob => ({
  ...{ id: idOf('tun', 1), state: 'running', node: NODE, updatedAt: at, ...changes },
});
const isAway = (...[held, its, later = 0]: [HeldJob, ReturnType<typeof node> | undefined, number?]) =>
  awayNodeOf(held, its, nowMs + later) !== null;

it('is away where it is not connected, for whatever has a node', () => {
  expect(isAway(job(), node(false, idOf('tun', 1)))).toBe(true);
  expect(isAway(job({ state: 'dispatched' }), node(false, null))).toBe(true);
  expect(isAway(job({ state: 'queued' }), node(false, null))).toBe(false);
  expect(isAway(job({ state: 'succeeded' }), node(false, null))).toBe(false);
  expect(isAway(job(), undefined)).toBe(false);
});

it('is away where it came back without the job, once both have had the time to tell', () => {
  expect(isAway(job(), node(true, idOf('tun', 1)), 60_000)).toBe(false);
  expect(isAway(job(), node(true, null), 1_000)).toBe(false);
  expect(isAway(job(), node(true, null), 60_000)).toBe(true);
  expect(isAway(job({ state: 'dispatched' }), node(true, null), 60_000)).toBe(false);
});
