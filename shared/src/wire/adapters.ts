import { z } from 'zod';
import { blendSchema, wholeBlendSchema } from '../blend.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { templateSchema } from '../prompt.ts';
import { stageSchema } from '../tuning.ts';
import { givenFactsSchema } from './datasets.ts';
import { modelNameSchema } from './jobs.ts';
import { keptNameSchema, nameSchema, timestampSchema } from './page.ts';
import { uploadSchema } from './uploads.ts';

export const ADAPTER_FILES = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' } as const;

/** What adapters were saved as before safetensors, and how to make of it what is read. */
export const PICKLE_FILE = 'adapter_model.bin';
export const PICKLE_FIX =
  "Convert it in its directory: python -c \"import torch; from safetensors.torch import save_file; t = torch.load('adapter_model.bin', map_location='cpu', weights_only=True); save_file({k: v.clone().contiguous() for k, v in t.items()}, 'adapter_model.safetensors', {'format': 'pt'})\"";

/** Scores that the adapter gave where it was made; every load is checked against them. */
export const goldenScoresSchema = z.object({
  template: templateSchema,
  /** What the model was computed in there, as reports name it. */
  precision: z.string().default('f32'),
  samples: z.array(z.object({ prompt: z.string(), yesLogit: z.number(), noLogit: z.number() })).max(8),
});
export type GoldenScores = z.infer<typeof goldenScoresSchema>;

/** `blend.json` beside an adapter's files: it holds for the adapter of this content hash alone. */
export const BLEND_FILE = 'blend.json';
export const adapterBlendSchema = wholeBlendSchema.extend({ adapter: sha256Schema });

/** What names the bytes of a `blend.json`. */
export const blendFileSchema = z.object({
  sha256: sha256Schema,
  bytes: z.number().int().min(1).max(LIMITS.blendBytes),
});
export type BlendFile = z.infer<typeof blendFileSchema>;

/** A blend's weights, and the file that holds it whole. */
export const blendRecordSchema = blendSchema.extend({ file: blendFileSchema });
export type BlendRecord = z.infer<typeof blendRecordSchema>;

/** The SHA-256 of each file; together they name the adapter. */
export const adapterFilesSchema = z.object({
  configSha256: sha256Schema,
  weightsSha256: sha256Schema,
  weightsBytes: z.number().int().min(1).max(LIMITS.resultBytes),
});
export type AdapterFiles = z.infer<typeof adapterFilesSchema>;

export const adapterSchema = z.object({
  /** The content hash: see `adapterId`. */
  id: sha256Schema,
  name: nameSchema,
  model: z.string(),
  modelHash: sha256Schema.nullable(),
  stage: stageSchema.nullable(),
  template: templateSchema,
  templateAssumed: z.boolean().describe('Nobody has said what it was tuned with: `template` is taken for it.'),
  files: adapterFilesSchema,
  /** The tuning that made it; null for an imported one. */
  tuning: z.string().nullable(),
  metrics: z.object({ validAuc: z.number().nullable(), validLoss: z.number().nullable() }).nullable(),
  items: givenFactsSchema.nullable().describe('The facts about items that its tuning was given, by their dataset.'),
  /** Fit on the tuning's validation samples; null where there were too few. */
  blend: blendSchema.nullable(),
  aliases: z.array(z.string()),
  warnings: z.array(z.string()).describe('What is not known of it, and what of its files is left out of account.'),
  createdBy: z.string(),
  createdAt: timestampSchema,
});
export type Adapter = z.infer<typeof adapterSchema>;

export const aliasSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'an alias is lower-case letters, digits and dashes, and begins with a letter')
  .meta({ example: 'production' });

/** An adapter by its id or by an alias. */
export const adapterRefSchema = z.union([sha256Schema, aliasSchema]);

/** Of whatever uses an adapter. */
export const templateFieldSchema = templateSchema
  .optional()
  .describe('How rows become prompts; when left out that of the adapter, without one clean.');
export const forceSchema = z
  .boolean()
  .optional()
  .describe('Use the adapter though it was tuned on another checkpoint; its golden scores are not compared then.');

export const itemsFieldSchema = idSchema('dataset')
  .optional()
  .describe(
    "A dataset of item-facts, which stand in place of those that the adapter's blend was tuned with: newer counts by the same weights.",
  );

/** How an adapter was used. */
export const usageFields = {
  template: templateSchema,
  /** Where that is not what the adapter was tuned with. */
  warnings: z.array(z.string()),
};

const fileHashes = { configSha256: sha256Schema, weightsSha256: sha256Schema };

/** First step of an import: says what will be sent. */
export const uploadAdapterSchema = z.strictObject({
  ...fileHashes,
  configBytes: z.number().int().min(1).max(LIMITS.jsonBodyBytes),
  weightsBytes: z.number().int().min(1).max(LIMITS.adapterBytes),
});
export type UploadAdapter = z.infer<typeof uploadAdapterSchema>;

/** Send each file as its upload says, then import. Asking again gives the same uploads, with what has arrived marked. */
export const adapterUploadSchema = z.object({
  id: sha256Schema,
  config: uploadSchema,
  weights: uploadSchema,
});
export type AdapterUpload = z.infer<typeof adapterUploadSchema>;

export const importAdapterSchema = z.strictObject({
  ...fileHashes,
  name: keptNameSchema,
  /** The model that it was tuned on, by the name under which nodes hold it. */
  model: modelNameSchema,
  stage: stageSchema.optional(),
  template: templateSchema
    .optional()
    .describe('That it was tuned with, as report.json says; when left out clean is assumed, with a warning.'),
  modelHash: sha256Schema
    .optional()
    .describe(
      'Content hash of the model that it was tuned on, as report.json says; when left out, of the one that it is tried on.',
    ),
  /** Of the `blend.json` that a tuning by hand left beside the files. */
  blend: wholeBlendSchema.optional(),
});
export type ImportAdapter = z.infer<typeof importAdapterSchema>;

export const setAliasSchema = z.strictObject({ adapter: sha256Schema });

/** A name that points at an adapter. */
export const namedAdapterSchema = z.object({ alias: aliasSchema, adapter: sha256Schema, updatedAt: timestampSchema });
export type Alias = z.infer<typeof namedAdapterSchema>;

/** An alias with where it pointed before, the newest first. */
export const aliasHistorySchema = namedAdapterSchema.extend({
  history: z.array(z.object({ adapter: sha256Schema.nullable(), at: timestampSchema, by: z.string() })),
});
export type AliasHistory = z.infer<typeof aliasHistorySchema>;

/**
 * The name of an adapter: SHA-256 over its two files' SHA-256s, so that it can be known without reading both in one place.
 * @returns lower-case hex
 */
export async function adapterId(files: Pick<AdapterFiles, 'configSha256' | 'weightsSha256'>): Promise<string> {
  const bytes = new TextEncoder().encode(`${files.configSha256}\n${files.weightsSha256}\n`);
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
