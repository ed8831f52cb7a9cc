// TALLRec and its ablations: alpaca tuning only (AT), rec tuning only (RT), both (TALLRec), and TALLRec's blend with the rules.
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { holdOut } from '../jobs/job-data.ts';
import { blendedBy, requireBlend } from './blend-methods.ts';
import { type SharedLanguageModel, scoringMethod } from './language-model.ts';
import type { FitData, FitOptions, Method } from './method.ts';
import { estimateAlpacaMs, estimateRecMs, estimateScoringMs } from './time-estimate.ts';
import { type TunedAdapter, tunedAdapter } from './tuned-adapter.ts';

interface Stages {
  alpaca: boolean;
  rec: boolean;
}

/** The methods that the given options allow: those of the first stage need instructions. */
export function tunedMethods(shared: SharedLanguageModel): Method[] {
  const { instructions } = shared.options;
  const recOnly = { alpaca: false, rec: true };
  const rt = [
    tunedMethod(shared, { name: 'rt', title: 'Rec tuning only (RT)' }, recOnly),
    tunedMethod(shared, { name: 'rt-blend', title: 'RT, blend' }, recOnly, true),
  ];
  if (!instructions) return rt;
  const both = { alpaca: true, rec: true };
  return [
    tunedMethod(shared, { name: 'at', title: 'Alpaca tuning only (AT)' }, { alpaca: true, rec: false }),
    ...rt,
    tunedMethod(shared, { name: 'tallrec', title: 'TALLRec' }, both),
    tunedMethod(shared, { name: 'tallrec-blend', title: 'TALLRec, blend' }, both, true),
  ];
}

function tunedMethod(
  shared: SharedLanguageModel,
  names: { name: string; title: string },
  stages: Stages,
  blended = false,
): Method {
  const { hyperParameters, learningRates, instructions } = shared.options;
  return {
    ...names,
    kind: 'language-model',
    ignores: stages.rec ? [] : ['shots'],
    settings: {
      ...shared.settings,
      hyperParameters,
      ...(stages.rec ? { learningRates } : {}),
      ...(stages.alpaca ? { instructions: instructions!.sha256 } : {}),
      ...(blended ? { blended } : {}),
    },
    fit: async (data, options) => {
      const first = stages.alpaca ? await alpacaAdapter(shared, options) : undefined;
      const second = stages.rec
        ? await recAdapter(shared, blended ? data : { ...data, facts: undefined }, options, first)
        : undefined;
      const last = (second ?? first)!;
      const blend = blended ? requireBlend(last.blend) : undefined;
      return scoringMethod(shared, {
        rows: await shared.promptRows(),
        adapter: last.adapter,
        chosen: {
          ...(second ? { learningRate: second.learningRate } : {}),
          steps: last.report.bestStep,
          stopReason: last.report.stopReason,
          ...(last.report.bestValidAuc === null ? {} : { validAuc: last.report.bestValidAuc }),
        },
        tokens: (first?.report.tokens ?? 0) + (second?.tokens ?? 0),
        earlierMs: (first?.earlierMs ?? 0) + (second?.earlierMs ?? 0),
        blend,
        scoreOf: blend && blendedBy(blend, 'logOdds'),
      });
    },
    estimateMs: async (data, testRows, signal) => {
      let ms = await estimateScoringMs(shared, data.valid, testRows, signal);
      if (stages.rec) ms += learningRates.length * (await estimateRecMs(shared, data, signal));
      // The first cell to need the first stage's adapter of a seed tunes it for all others.
      if (stages.alpaca && !shared.alpacaCounted) ms += await estimateAlpacaMs(shared, signal);
      shared.alpacaCounted ||= stages.alpaca;
      return ms;
    },
  };
}

/** The first stage knows no shots: one adapter a seed for all of them. A tenth of the instructions is held out to stop by. */
async function alpacaAdapter(shared: SharedLanguageModel, { seed, ...options }: FitOptions): Promise<TunedAdapter> {
  const { template, hyperParameters, instructions } = shared.options;
  const settings = tuningSettingsSchema.parse({ stage: 'alpaca', seed, template, hyperParameters });
  return tunedAdapter(shared, { settings, data: { stage: 'alpaca', ...holdOut(instructions!.rows, seed) } }, options);
}

interface ChosenAdapter extends TunedAdapter {
  learningRate: number;
}

/** One tuning a learning rate; the best of validation is taken. */
async function recAdapter(
  shared: SharedLanguageModel,
  { train, valid, facts }: FitData,
  { seed, signal, onProgress }: FitOptions,
  init: TunedAdapter | undefined,
): Promise<ChosenAdapter & { tokens: number }> {
  const { template, hyperParameters, learningRates } = shared.options;
  const tunings: ChosenAdapter[] = [];
  for (const [index, learningRate] of learningRates.entries()) {
    const settings = tuningSettingsSchema.parse({
      seed,
      template,
      hyperParameters: { ...hyperParameters, learningRate },
    });
    const request = {
      settings,
      data: { stage: 'rec' as const, train, valid, ...(facts ? { facts } : {}) },
      ...(init ? { init: init.adapter } : {}),
    };
    const tuned = await tunedAdapter(shared, request, {
      signal,
      onProgress: (done, total) => onProgress?.(index * total + done, learningRates.length * total),
    });
    tunings.push({ ...tuned, learningRate });
  }
  const judged = ({ report }: ChosenAdapter) => report.bestValidAuc ?? 0;
  const best = tunings.reduce((a, b) => (judged(b) > judged(a) ? b : a));
  const sum = (of: (tuning: ChosenAdapter) => number) => tunings.reduce((total, tuning) => total + of(tuning), 0);
  return { ...best, tokens: sum(({ report }) => report.tokens), earlierMs: sum(({ earlierMs }) => earlierMs) };
}
