// One Workflow instance a dataset, named like it: started, or woken where a killed server has left it asleep.
import type { ValidationParams } from './validation.ts';

const ENDED_BADLY = ['errored', 'terminated'];

export async function startValidation(workflow: Workflow<ValidationParams>, dataset: string): Promise<void> {
  try {
    await workflow.create({ id: dataset, params: { dataset } });
  } catch (refused) {
    const instance = await workflow.get(dataset).catch(() => {
      throw refused;
    });
    const { status } = await instance.status();
    if (ENDED_BADLY.includes(status)) await instance.restart();
    else if (status !== 'complete') await instance.sendEvent({ type: 'wake', payload: {} });
  }
}
