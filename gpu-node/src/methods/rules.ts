// Controls that need no fit: the share of the history liked, item popularity among the shots, and the sum of both.
import { itemPopularity } from '@tallrec/shared/item-opinions';
import { historyShare } from '@tallrec/shared/metrics';
import type { Sample } from '@tallrec/shared/sample';
import { throwIfCancelled } from './cancelled.ts';
import type { FitData, Method } from './method.ts';

/** @param scorer sees the shots alone */
function rule(
  { name, title, ignores = [] }: Pick<Method, 'name' | 'title' | 'ignores'>,
  scorer: (data: FitData) => (sample: Sample) => number,
): Method {
  return {
    name,
    title,
    kind: 'control',
    ignores,
    fit: async (data, { signal }) => {
      throwIfCancelled(signal);
      const score = scorer(data);
      return {
        chosen: {},
        score: async (samples, options) => {
          throwIfCancelled(options?.signal);
          return samples.map(score);
        },
      };
    },
  };
}

export const historyShareMethod = rule(
  { name: 'history-share', title: 'Share of history liked', ignores: ['shots', 'seed'] },
  () => historyShare,
);

export const popularityMethod = rule({ name: 'popularity', title: 'Item popularity' }, ({ train }) =>
  itemPopularity(train),
);

/** Both parts lie in [0, 1]: popularity is log(1 + fans) as a share of that of the best liked target. */
export const historyPopularityMethod = rule(
  { name: 'history-popularity', title: 'History + popularity' },
  ({ train }) => {
    const fans = itemPopularity(train);
    const items = train.flatMap(({ history, target }) => [...history, target]);
    const most = Math.max(1, ...items.map((target) => fans({ target })));
    return (sample) => historyShare(sample) + Math.log1p(fans(sample)) / Math.log1p(most);
  },
);
