// The untuned model beside what the shots' users thought of the items, weighed on validation users: ranked by r, or scored by p.
import { type BlendedScore, blender, type WholeBlend } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import type { Sample } from '@tallrec/shared/sample';
import { fitBlend } from '../blend/fit-blend.ts';
import type { AnswerLogits } from '../llama/answer-logits.ts';
import { throwIfCancelled } from './cancelled.ts';
import { type SharedLanguageModel, scoringMethod } from './language-model.ts';
import type { Method } from './method.ts';
import { estimateScoringMs } from './time-estimate.ts';

export function blendMethods(shared: SharedLanguageModel): Method[] {
  return [
    blendMethod(shared, { name: 'blend-rank', title: 'Zero-shot, blend (rank)' }, 'rank'),
    blendMethod(shared, { name: 'blend-score', title: 'Zero-shot, blend (score)' }, 'logOdds'),
  ];
}

function blendMethod(
  shared: SharedLanguageModel,
  names: Pick<Method, 'name' | 'title'>,
  by: keyof BlendedScore,
): Method {
  return {
    ...names,
    kind: 'language-model',
    settings: shared.settings,
    fit: async ({ train, valid, facts }, { signal, onProgress }) => {
      throwIfCancelled(signal);
      const rows = await shared.promptRows();
      const { answers, tokens, earlierMs } = await shared.answers(valid, { rows, signal, onProgress });
      const blend = requireBlend(fitBlend(valid, answers, train, facts));
      return scoringMethod(shared, {
        chosen: {
          logit: blend.rank.logit,
          fans: blend.rank.fans,
          itemMean: blend.rank.itemMean,
          ...(facts ? { factFans: blend.rank.factFans ?? 0, factMean: blend.rank.factMean ?? 0 } : {}),
          validUsers: blend.users,
        },
        ...{ rows, tokens, earlierMs, blend, scoreOf: blendedBy(blend, by), logOdds: by === 'logOdds' },
      });
    },
    estimateMs: ({ valid }, testRows, signal) => estimateScoringMs(shared, valid, valid.length + testRows, signal),
  };
}

/** One stage of a blend, as a score. */
export function blendedBy(blend: WholeBlend, by: keyof BlendedScore): (sample: Sample, answer: AnswerLogits) => number {
  const blended = blender(blend);
  return (sample, answer) => blended(sample, answer)[by];
}

export function requireBlend(blend: WholeBlend | null | undefined): WholeBlend {
  if (blend) return blend;
  throw new TallrecError('VALIDATION_FAILED', 'A blend cannot be fit on these validation samples.', {
    fix: 'Give ten or more of both classes, or leave the blend out of --methods.',
  });
}
