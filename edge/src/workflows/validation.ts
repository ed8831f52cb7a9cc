// From uploaded to ready or rejected, through kills and retries.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { makeDeps } from '../deps.ts';
import { parseEnv } from '../env.ts';
import { faultOf } from '../faults.ts';
import { validateSlice } from '../services/datasets/validate.ts';
import {
  beginValidation,
  checkWholeSha256,
  refusal,
  settleValidation,
  touchValidation,
  UNREADABLE,
} from '../services/datasets/validation.ts';

export interface ValidationParams {
  dataset: string;
}

const RETRIES = {
  retries: { limit: 3, delay: '2 seconds', backoff: 'exponential' },
  timeout: '15 minutes',
} as const;

export class ValidationWorkflow extends WorkflowEntrypoint<object, ValidationParams> {
  override async run(event: Readonly<WorkflowEvent<ValidationParams>>, step: WorkflowStep): Promise<string> {
    const id = event.payload.dataset;
    const deps = makeDeps(parseEnv(this.env));
    const input = await step.do('begin', RETRIES, () => beginValidation(deps, id));
    if (!input) return 'nothing to do';
    let slices = 0;
    let found = null;
    try {
      const wrong = await step.do('checksum', RETRIES, () => checkWholeSha256(deps, id));
      if (wrong) found = refusal(wrong);
      while (!found) {
        const slice = ++slices;
        found = await step.do(`slice ${slice}`, RETRIES, async () => {
          await touchValidation(deps, id);
          return await validateSlice(deps, input, slice);
        });
      }
    } catch (error) {
      console.error(JSON.stringify({ dataset: id, fault: faultOf(error, Object.values(deps.secrets)) }));
      found = refusal(UNREADABLE);
    }
    const settled = found;
    return await step.do('settle', RETRIES, () => settleValidation(deps, input, settled, slices));
  }
}
