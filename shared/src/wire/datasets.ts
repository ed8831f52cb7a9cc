import { z } from 'zod';
import { countSchema, digitsSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { samplingSchema } from '../interactions.ts';
import { LIMITS } from '../limits.ts';
import { templateSchema } from '../prompt.ts';
import { modelNameSchema } from './jobs.ts';
import { nameSchema, timestampSchema } from './page.ts';
import { partNumberSchema, uploadSchema } from './uploads.ts';

export const DATASET_KINDS = ['interactions', 'samples', 'instructions', 'items'] as const;
export const datasetKindSchema = z.enum(DATASET_KINDS);
export type DatasetKind = z.infer<typeof datasetKindSchema>;

export const DATASET_FORMATS = ['csv', 'jsonl', 'json'] as const;
export const datasetFormatSchema = z.enum(DATASET_FORMATS);
export type DatasetFormat = z.infer<typeof datasetFormatSchema>;

/** The formats that each kind comes in. */
export const KIND_FORMATS: Record<DatasetKind, readonly DatasetFormat[]> = {
  interactions: ['csv', 'jsonl'],
  samples: ['json', 'jsonl'],
  instructions: ['json', 'jsonl'],
  items: ['csv', 'jsonl', 'json'],
};

export const DATASET_STATES = ['created', 'uploaded', 'validating', 'ready', 'rejected', 'deleting'] as const;
export const datasetStateSchema = z.enum(DATASET_STATES);
export type DatasetState = z.infer<typeof datasetStateSchema>;

export const createDatasetSchema = z
  .strictObject({
    name: nameSchema,
    kind: datasetKindSchema,
    format: datasetFormatSchema,
    /** Size of the file to be uploaded. */
    bytes: z.number().int().min(1).max(LIMITS.uploadBytes),
    /** SHA-256 of the file; checked while it streams in. */
    sha256: sha256Schema.optional(),
    /** How samples are made of interactions. */
    sampling: samplingSchema.strict().prefault({}),
  })
  .refine((body) => KIND_FORMATS[body.kind].includes(body.format), {
    path: ['format'],
    message:
      'interactions come as csv or jsonl, samples and instructions as json or jsonl, items as csv, jsonl or json',
  });
export type CreateDataset = z.infer<typeof createDatasetSchema>;

export const rowErrorSchema = z.object({
  /** Line of the file, the first is 1; in a JSON array the line where the element begins. */
  line: countSchema(),
  column: z.string().nullable(),
  problem: z.string(),
  fix: z.string(),
});
export type RowError = z.infer<typeof rowErrorSchema>;

export const datasetStatsSchema = z.object({
  rows: countSchema(),
  users: countSchema().nullable(),
  items: countSchema().nullable(),
  likedShare: z.number().nullable(),
  /** Rows that say whether the target was liked; rows without can be scored, and neither learned from nor judged. */
  labelled: countSchema(),
});

export const datasetSchema = z.object({
  id: idSchema('dataset'),
  name: nameSchema,
  kind: datasetKindSchema,
  format: datasetFormatSchema,
  state: datasetStateSchema,
  bytes: countSchema(LIMITS.uploadBytes),
  sha256: sha256Schema.nullable(),
  sampling: samplingSchema,
  createdBy: z.string(),
  stats: datasetStatsSchema.nullable(),
  warnings: z.array(z.string()),
  /** All that were found; `rowErrors` holds the first of them. */
  errorCount: countSchema(),
  rowErrors: z.array(rowErrorSchema).max(LIMITS.rowErrors),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Dataset = z.infer<typeof datasetSchema>;

/** `PUT` the bytes to the URL(s), with Content-Length, then complete. */
export const createdDatasetSchema = z.object({ dataset: datasetSchema, upload: uploadSchema });

export const completeDatasetSchema = z.strictObject({
  /** May be left out: the parts that arrived are recorded. Where it is given, each etag has to be that of the part's last PUT. */
  parts: z
    .array(z.object({ part: partNumberSchema, etag: z.string().min(1).max(200) }))
    .max(LIMITS.uploadParts)
    .optional(),
});

export const previewQuerySchema = z.object({
  limit: digitsSchema(1, LIMITS.previewSamples).default(5),
  template: templateSchema.default('clean'),
  /** Whose tokenizer counts. */
  model: modelNameSchema.optional(),
});

export const previewSchema = z.object({
  samples: z.array(
    z.object({
      prompt: z.string(),
      answer: z.string().nullable(),
      /** Tokens of the prompt; null where no connected node holds a tokenizer. */
      tokens: countSchema().nullable(),
    }),
  ),
  template: templateSchema,
  tokenizer: z.string().nullable(),
});
export type Preview = z.infer<typeof previewSchema>;
