// What of the table is chosen, as the address of the page says it.
import type { PaperDomain } from '@tallrec/shared/paper-figures';
import { z } from 'zod';

const id = z.string().max(200).optional().catch(undefined);

export const experimentSearchSchema = z.object({
  dataset: id,
  train: id,
  model: id,
  split: z.enum(['train', 'valid', 'test', 'all']).optional().catch(undefined),
  limit: z.number().int().min(1).optional().catch(undefined),
  domain: z
    .enum(['movie', 'book'] satisfies PaperDomain[])
    .optional()
    .catch(undefined),
});
export type ExperimentSearch = z.infer<typeof experimentSearchSchema>;
