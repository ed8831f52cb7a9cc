// The kinds of rotary embeddings that a config.json asks for, under transformers' names.
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { excerpt } from './json-file.ts';

/** How the frequencies of the default kind are changed; "dynamic" changes none up to the positions that a model has. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | {
      /** Peng et al., 2023, as in transformers' `_compute_yarn_parameters`. */
      type: 'yarn';
      factor: number;
      originalMaxPositionEmbeddings: number;
      /** Turns within the original positions above which a frequency is kept, and below which it is divided by the factor. */
      betaFast: number;
      betaSlow: number;
      /** Whether the pairs between which is blended are whole numbers. */
      truncate: boolean;
      /** What cosines and sines are multiplied by. */
      attentionFactor: number;
    }
  | {
      /** Llama 3's stretch of the slow ones, as in transformers' `_compute_llama3_parameters`. */
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    };

export const ropeSchema = z.looseObject({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z
    .int()
    .positive()
    .max(2 ** 28)
    .optional(),
  partial_rotary_factor: z.number().nullish(),
  beta_fast: z.number().positive().nullish(),
  beta_slow: z.number().positive().nullish(),
  truncate: z.boolean().nullish(),
  attention_factor: z.number().positive().nullish(),
  mscale: z.number().nonnegative().nullish(),
  mscale_all_dim: z.number().nonnegative().nullish(),
});
type Rope = z.infer<typeof ropeSchema>;

/**
 * @param maxPositionEmbeddings of the model, which YaRN starts from where it does not say
 * @param source names the file in errors
 * @returns undefined for the default kind
 * @throws TallrecError for a kind that is not computed, or lacks a number
 */
export function parseRopeScaling(
  settings: Rope,
  maxPositionEmbeddings: number,
  source: string,
): RopeScaling | undefined {
  const layerType = Object.keys(settings).find((key) => isRecord(settings[key]));
  if (layerType !== undefined) {
    throw unusable(
      `${source} rotates layers of different kinds differently (${excerpt(layerType)} has rope parameters of its own)`,
      'Use a model with one kind of rope for all layers.',
    );
  }
  const type = settings.rope_type ?? settings.type ?? 'default';
  if ((settings.partial_rotary_factor ?? 1) !== 1) {
    throw unusable(`${source} rotates a part of each head alone (partial_rotary_factor)`, 'Use a model without it.');
  }
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = settings;
  switch (type) {
    case 'default':
    case 'dynamic':
      return undefined;
    case 'linear':
      if (!factor) throw unusable(`${source}: "linear" rope lacks its factor`, 'Download config.json again.');
      return { type, factor };
    case 'yarn':
      if (!factor) throw unusable(`${source}: "yarn" rope lacks its factor`, 'Download config.json again.');
      return {
        type,
        factor,
        originalMaxPositionEmbeddings: original_max_position_embeddings ?? maxPositionEmbeddings,
        betaFast: settings.beta_fast ?? 32,
        betaSlow: settings.beta_slow ?? 1,
        truncate: settings.truncate ?? true,
        attentionFactor: settings.attention_factor ?? yarnAttentionFactor(factor, settings),
      };
    case 'llama3':
      if (!factor || !low_freq_factor || !high_freq_factor || !original_max_position_embeddings) {
        throw unusable(
          `${source}: "llama3" rope lacks one of factor, low_freq_factor, high_freq_factor, original_max_position_embeddings`,
          'Download config.json again.',
        );
      }
      if (high_freq_factor <= low_freq_factor) {
        throw unusable(`${source}: high_freq_factor must exceed low_freq_factor`, 'Download config.json again.');
      }
      return {
        type,
        factor,
        lowFreqFactor: low_freq_factor,
        highFreqFactor: high_freq_factor,
        originalMaxPositionEmbeddings: original_max_position_embeddings,
      };
  }
  throw unusable(
    `${source} asks for the rope type "${excerpt(type)}"`,
    'Use a model with "default", "linear", "dynamic", "yarn" or "llama3" rope.',
  );
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function yarnAttentionFactor(factor: number, { mscale, mscale_all_dim }: Rope): number {
  const scale = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  return mscale && mscale_all_dim ? scale(mscale) / scale(mscale_all_dim) : scale(1);
}

function unusable(message: string, fix: string): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `${message}.`, { fix });
}
