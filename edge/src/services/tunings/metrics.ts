import type { tuningMetricsSchema } from '@tallrec/shared/wire/tunings';
import type { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { readCurve } from '../../repo/tunings.ts';
import { getTuning } from './get.ts';

/** The curves of a tuning. A step that was run twice, after its node was lost, counts as it was the second time. */
export async function tuningMetrics(deps: Pick<Deps, 'db'>, id: string): Promise<z.infer<typeof tuningMetricsSchema>> {
  await getTuning(deps, id);
  const [steps, evaluations] = await Promise.all([readCurve(deps.db, id, 'step'), readCurve(deps.db, id, 'evaluated')]);
  return {
    steps: steps.flatMap((event) => {
      if (event.type !== 'step') return [];
      const { step, loss, learningRate, gradientNorm, tokensPerSecond } = event;
      return [{ step, loss, learningRate, gradientNorm, tokensPerSecond }];
    }),
    evaluations: evaluations.flatMap((event) => {
      if (event.type !== 'evaluated') return [];
      const { step, validAuc, validLoss, best } = event;
      return [{ step, validAuc, validLoss, best }];
    }),
  };
}
