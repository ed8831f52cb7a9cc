// Workflow instances: started, woken, asked whether they live.
import type { JobDrivers, Validations } from '../deps.ts';
import type { JobParams, ValidationParams } from '../env.ts';
import { faultOf } from '../faults.ts';

const ENDED = new Set<InstanceStatus['status']>(['complete', 'errored', 'terminated', 'unknown']);

function instancesOf<Params>(workflow: Workflow<Params>, event: string) {
  return {
    start: async (instance: string, params: Params) => {
      await workflow.create({ id: instance, params });
    },
    wake: async (instance: string) => {
      try {
        await (await workflow.get(instance)).sendEvent({ type: event, payload: {} });
      } catch (error) {
        // Not there any more: the sweep starts another one if it is still needed.
        console.warn(JSON.stringify({ instance, wake: faultOf(error) }));
      }
    },
    isAlive: async (instance: string) => {
      try {
        return !ENDED.has((await (await workflow.get(instance)).status()).status);
      } catch {
        return false;
      }
    },
  };
}

export function openJobDrivers(workflow: Workflow<JobParams>): JobDrivers {
  const { start, wake, isAlive } = instancesOf(workflow, 'moved');
  return {
    start: (job, instance) => start(instance, { job }),
    wake: (_job, instance) => wake(instance),
    isAlive,
  };
}

export function openValidations(workflow: Workflow<ValidationParams>): Validations {
  const { start, wake, isAlive } = instancesOf(workflow, 'wake');
  return { start: (dataset, instance) => start(instance, { dataset }), wake, isAlive };
}
