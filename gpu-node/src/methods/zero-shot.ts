// The language model as it is, asked in the words of TALLRec.

import { throwIfCancelled } from './cancelled.ts';
import { type SharedLanguageModel, scoringMethod } from './language-model.ts';
import type { Method } from './method.ts';
import { estimateScoringMs } from './time-estimate.ts';

export function zeroShotMethod(shared: SharedLanguageModel): Method {
  return {
    name: 'zero-shot',
    title: 'Zero-shot',
    kind: 'language-model',
    ignores: ['shots', 'seed'],
    settings: shared.settings,
    fit: async (_, { signal }) => {
      throwIfCancelled(signal);
      return scoringMethod(shared, { chosen: {}, rows: await shared.promptRows() });
    },
    estimateMs: ({ valid }, testRows, signal) => estimateScoringMs(shared, valid, testRows, signal),
  };
}
