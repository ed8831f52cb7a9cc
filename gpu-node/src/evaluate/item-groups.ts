// Rows by what is known of their targets: rated by a user who trained, or by none; known to the model from its own training, or not.
import { ItemOpinions } from '@tallrec/shared/item-opinions';
import { auc, bootstrapInterval, perUserAuc, type ScoredRow } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport, ItemGroup } from '@tallrec/shared/wire/evaluations';

export interface KnownItems {
  train?: readonly LabelledSample[] | undefined;
  /** Titles that the model was trained on, where that is known. */
  catalogue?: ReadonlySet<string> | undefined;
}

/** @param rows one a sample */
export function itemGroups(
  samples: readonly LabelledSample[],
  rows: readonly ScoredRow[],
  { train, catalogue }: KnownItems,
): Pick<EvaluationReport, 'warm' | 'cold' | 'unknownToModel'> {
  const group = (holds: (sample: LabelledSample) => boolean): ItemGroup => {
    const own = rows.filter((_, index) => holds(samples[index]!));
    const { mean, users } = perUserAuc(own);
    return { n: own.length, users, auc: auc(own), perUserAuc: mean, interval: bootstrapInterval(own) };
  };
  const opinions = train?.length ? new ItemOpinions(train) : undefined;
  const isWarm = ({ target }: LabelledSample) => opinions!.of(target).ratings > 0;
  return {
    warm: opinions ? group(isWarm) : null,
    cold: opinions ? group((sample) => !isWarm(sample)) : null,
    unknownToModel: catalogue ? group(({ target }) => !catalogue.has(target.title)) : null,
  };
}
