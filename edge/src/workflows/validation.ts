// From uploaded to ready or rejected, through kills and outages.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { makeDeps } from '../compose.ts';
import { parseEnv, type ValidationParams } from '../env.ts';
import { faultOf, secretsOf } from '../faults.ts';
import { beginValidation, checkWholeSha256, runSlice, settleValidation } from '../services/validation/steps.ts';

/** A storage or a record that is out of reach for hours rejects no dataset; after that the sweep starts it again. */
const TRIES = 500;

export class ValidationWorkflow extends WorkflowEntrypoint<object, ValidationParams> {
  override async run(event: Readonly<WorkflowEvent<ValidationParams>>, step: WorkflowStep): Promise<string> {
    const { payload, instanceId: instance } = event;
    const id = payload.dataset;
    const deps = makeDeps(parseEnv(this.env));
    const durably = <T extends Rpc.Serializable<T>>(name: string, work: () => Promise<T>): Promise<T> =>
      step.do(
        name,
        { retries: { limit: TRIES, delay: deps.durations.stepRetryMs, backoff: 'constant' }, timeout: '15 minutes' },
        async () => {
          try {
            return await work();
          } catch (error) {
            console.error(JSON.stringify({ dataset: id, step: name, fault: faultOf(error, secretsOf(deps)) }));
            throw error;
          }
        },
      ) as Promise<T>;

    const input = await durably('begin', () => beginValidation(deps, id, instance));
    if (!input) return 'nothing to do';
    let { slice } = input;
    let found = slice === 1 ? await durably('checksum', () => checkWholeSha256(deps, id)) : null;
    for (; !found; slice++) {
      const number = slice;
      const result = await durably(`slice ${number}`, () => runSlice(deps, input, number));
      if (result.status === 'stopped') return 'stopped';
      if (result.status === 'found') found = result.found;
    }
    const findings = found;
    return await durably('settle', () => settleValidation(deps, input, findings));
  }
}
