// What tests of jobs share: nodes that go when a test is over, and jobs that are left to no other test.
import { isTerminal, type JobState } from '@tallrec/shared/wire/jobs';
import type { Deps } from '../deps.ts';
import { sweepJobs } from '../services/jobs/sweep.ts';
import { call } from './client.ts';
import { FakeNode, nodeStatus } from './fake-node.ts';

const nodes: FakeNode[] = [];

export async function joined(status = nodeStatus(), key?: string): Promise<FakeNode> {
  const node = await FakeNode.joined(status, key);
  nodes.push(node);
  return node;
}

/** Asks again until it is as expected, with a sweep before each time: the minutes of a cron, made short. */
export async function untilSwept<T>(deps: Deps, ask: () => Promise<T>, expected: (value: T) => boolean): Promise<T> {
  for (;;) {
    await sweepJobs(deps);
    const value = await ask();
    if (expected(value)) return value;
    await scheduler.wait(50);
  }
}

/** Call it after each test. */
export async function leaveRoom(): Promise<void> {
  for (const node of nodes.splice(0)) {
    node.drop();
    await call('DELETE', `/v1/nodes/${node.id}`);
  }
  for (const noun of ['tunings', 'evaluations', 'scorings']) {
    const { body } = await call<{ items: { id: string; state: JobState }[] }>('GET', `/v1/${noun}?limit=100`);
    for (const { id, state } of body.items) if (!isTerminal(state)) await call('POST', `/v1/${noun}/${id}/cancel`);
  }
}
