// The Workflow instances that drive jobs: started, woken, asked whether they live.
import { faultOf } from '../faults.ts';
import { type JobKind, jobKind } from '../repo/jobs.ts';
import type { JobParams } from './drive.ts';

export interface Drivers {
  start(job: string, instance: string): Promise<void>;
  /** Has the instance look at its job again; one that has ended stays so. */
  wake(job: string, instance: string): Promise<void>;
  isAlive(job: string, instance: string): Promise<boolean>;
}

const ENDED = new Set<InstanceStatus['status']>(['complete', 'errored', 'terminated', 'unknown']);

export function openDrivers(workflows: Record<JobKind, Workflow<JobParams>>): Drivers {
  const of = (job: string) => workflows[jobKind(job)];
  return {
    async start(job, instance) {
      await of(job).create({ id: instance, params: { job } });
    },
    async wake(job, instance) {
      try {
        await (await of(job).get(instance)).sendEvent({ type: 'wake', payload: {} });
      } catch (error) {
        // Not there any more: the sweep starts another one if the job still needs it.
        console.warn(JSON.stringify({ job, instance, wake: faultOf(error) }));
      }
    },
    async isAlive(job, instance) {
      try {
        return !ENDED.has((await (await of(job).get(instance)).status()).status);
      } catch {
        return false;
      }
    },
  };
}
