// Which method of the paper's tables an adapter amounts to, by the tuning that made it.
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import type { Stage } from '@tallrec/shared/tuning';
import type { Tuning } from '@tallrec/shared/wire/tunings';

/** @returns undefined where it is not known */
export type StageOf = (adapter: string) => Stage | null | undefined;

/** @returns null for what the paper has no name for: a tuning on from another adapter than one of the first stage */
export function methodOfTuning(
  { settings: { stage }, initAdapter }: Pick<Tuning, 'settings' | 'initAdapter'>,
  stageOf: StageOf,
): Extract<EvaluatedMethod, 'at' | 'rt' | 'tallrec'> | null {
  if (stage === 'alpaca') return initAdapter === null ? 'at' : null;
  if (initAdapter === null) return 'rt';
  return stageOf(initAdapter) === 'alpaca' ? 'tallrec' : null;
}
