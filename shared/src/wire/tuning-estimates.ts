// What a tuning would take, node by node, before it is created.
import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { nodeEstimateSchema } from './node-api.ts';
import { nodeSchema } from './nodes.ts';

export const tuningNodeEstimateSchema = nodeSchema
  .pick({ id: true, name: true, shared: true, state: true, draining: true })
  .extend({
    holdsModel: z.boolean(),
    /** It is at work on a job of this workspace: this one would wait for its end. */
    busy: z.boolean(),
    /** Null where the node could not be asked, or did not answer. */
    estimate: nodeEstimateSchema.nullable(),
    /** Why it could not take it now, or could not be asked; null where it could. */
    problem: z.string().nullable(),
  });
export type TuningNodeEstimate = z.infer<typeof tuningNodeEstimateSchema>;

export const tuningEstimateSchema = z.object({
  /** That it would learn from, and be judged by; null where the dataset does not tell. */
  samples: z.object({ train: countSchema(), valid: countSchema() }).nullable(),
  /** `total` at most; `least` where its patience ends it as early as it can. */
  steps: z.object({ total: countSchema(), least: countSchema() }).nullable(),
  /** Each that works for the workspace, whether it could take it or not. */
  nodes: z.array(tuningNodeEstimateSchema),
});
export type TuningEstimate = z.infer<typeof tuningEstimateSchema>;
