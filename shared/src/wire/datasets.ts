import { z } from 'zod';
import { countSchema, digitsSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { samplingSchema } from '../interactions.ts';
import { LIMITS } from '../limits.ts';
import { templateSchema } from '../prompt.ts';
import { COLUMNS, type Column, isTableKind, LAYOUTS } from '../rows/columns/columns.ts';
import { historyItemSchema, itemSchema, nounSchema, sampleSchema } from '../sample.ts';
import { modelNameSchema } from './jobs.ts';
import { keptNameSchema, nameSchema, pageQuerySchema, timestampSchema } from './page.ts';
import { partNumberSchema, uploadSchema } from './uploads.ts';

export const DATASET_KINDS = ['interactions', 'samples', 'instructions', 'items', 'item-facts'] as const;
export const datasetKindSchema = z.enum(DATASET_KINDS);
export type DatasetKind = z.infer<typeof datasetKindSchema>;

export const DATASET_FORMATS = ['csv', 'jsonl', 'json', 'parquet'] as const;
export const datasetFormatSchema = z.enum(DATASET_FORMATS);
export type DatasetFormat = z.infer<typeof datasetFormatSchema>;

export const DATASET_STATES = ['created', 'uploaded', 'validating', 'ready', 'rejected', 'deleting'] as const;
export const datasetStateSchema = z.enum(DATASET_STATES);
export type DatasetState = z.infer<typeof datasetStateSchema>;

export const BAD_ROWS = ['refuse', 'leave-out'] as const;
export const badRowsSchema = z
  .enum(BAD_ROWS)
  .describe(
    'Where rows of the file cannot be used: `refuse` takes nothing of it, `leave-out` takes the others, unless more than half cannot be used.',
  );
export type BadRows = z.infer<typeof badRowsSchema>;

/** Names in the file, of its header or of its rows' keys, by what they hold here. */
export const columnNamesSchema = z
  .partialRecord(z.enum(COLUMNS), z.string().min(1).max(LIMITS.columnCharacters))
  .refine(({ item, ...others }) => {
    // Where items have no ids, their titles stand for them.
    const names = Object.values(item === others.title ? others : { item, ...others });
    return new Set(names).size === names.length;
  }, 'two of them are named alike: a column of the file holds one thing, and titles alone can be the ids of items too');
export type ColumnNames = z.infer<typeof columnNamesSchema>;

export const createDatasetSchema = z
  .strictObject({
    name: nameSchema,
    kind: datasetKindSchema.describe(
      '`interactions`: ratings, one a row. `samples`: histories with a target. `instructions`: as of Alpaca. `items`: a catalogue. `item-facts`: what other records tell of items, each by its id or title with its likes and ratings.',
    ),
    format: datasetFormatSchema.describe(
      'What the file is: `csv`, a table whose fields are parted by commas, semicolons, tabs, `::` or bars (CSV, TSV, `.inter`, `.dat`); `jsonl`, one object a line; `json`, an array, alone or as `{"data": […]}`; `parquet`. Where its content is plainly another of these, that is read. Text is UTF-8, or UTF-16 with a byte order mark.',
    ),
    bytes: z.number().int().min(1).max(LIMITS.uploadBytes).describe('Size of the file to be uploaded.'),
    sha256: sha256Schema.optional().describe('SHA-256 of the file; checked while it streams in.'),
    badRows: badRowsSchema.default('refuse'),
    sampling: samplingSchema.strict().prefault({}).describe('How samples are made of interactions.'),
    columns: columnNamesSchema.optional().meta({
      description:
        'For interactions, items and item-facts: which column of the file holds what. What is not named is found by well-known names.',
      example: { user: 'reader', rating: 'grade' },
    }),
  })
  .superRefine(({ kind, columns }, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', path: ['columns'], message });
    if (columns === undefined) return;
    if (!isTableKind(kind)) wrong(`goes with ${Object.keys(LAYOUTS).join(', ')}: leave it out`);
    else if (!Object.keys(columns).every((column) => LAYOUTS[kind].columns.includes(column as Column))) {
      wrong(`of ${kind} are ${LAYOUTS[kind].columns.join(', ')}: leave the others out`);
    }
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

const binSchema = z.object({ from: z.number(), to: z.number(), count: countSchema() });

/** What pictures are drawn of; each is null where the kind has no such thing or where there was too much of it to count. */
export const datasetProfileSchema = z.object({
  ratings: z
    .array(binSchema.extend({ liked: z.boolean() }))
    .nullable()
    .meta({
      description:
        'How many rows have each rating, and whether it counts as a like, ascending. At most 100: where there are more ratings than that, each bin holds those above `from`, up to and including `to`.',
    }),
  historyLengths: z.array(binSchema).nullable().meta({
    description:
      'Of interactions: how many users have from `from` to `to` ratings, both included. Of samples: how many have a history of that length.',
  }),
  itemRows: z.array(binSchema).nullable().meta({
    description: 'How many items are in from `from` to `to` rows, both included.',
  }),
  split: z
    .object({ unused: countSchema(), train: countSchema(), valid: countSchema(), test: countSchema() })
    .nullable()
    .meta({
      description:
        "The samples that interactions give, by the part of the paper's split that each is in; `unused` are those before the last 10,000.",
    }),
});
export type DatasetProfile = z.infer<typeof datasetProfileSchema>;

export const datasetStatsSchema = z.object({
  rows: countSchema(),
  users: countSchema().nullable(),
  items: countSchema().nullable(),
  likedShare: z.number().nullable().meta({
    description: 'Of the rows that say whether the target was liked; of item-facts, of all ratings together.',
  }),
  /** Rows that say whether the target was liked; rows without can be scored, and neither learned from nor judged. */
  labelled: countSchema(),
  unusable: countSchema().nullable().default(null).meta({
    description:
      'Rows that cannot be used: of a dataset that is ready, they were left out. Null where the file as a whole was refused.',
  }),
  /** Null for what was validated before there was one. */
  profile: datasetProfileSchema.nullable().default(null),
});

export type DatasetStats = z.infer<typeof datasetStatsSchema>;

/** What is kept of facts about items: one JSON document, the same bytes for the same facts. */
export const itemFactsSchema = z.object({
  sha256: sha256Schema,
  bytes: z.number().int().min(1).max(LIMITS.factsBytes),
  entries: countSchema(LIMITS.statisticsItems).meta({
    description: 'Ids and titles that items are found by: an item with both has two. The most rated are kept.',
  }),
  likes: countSchema().meta({ description: 'Of all items together, as ratings is.' }),
  ratings: countSchema(),
});
export type ItemFacts = z.infer<typeof itemFactsSchema>;

/** Which facts about items something was given: their dataset, and what they were. */
export const givenFactsSchema = z.object({
  dataset: idSchema('dataset'),
  sha256: sha256Schema.meta({ description: 'Of `facts` of the dataset.' }),
});
export type GivenFacts = z.infer<typeof givenFactsSchema>;

export const datasetSchema = z.object({
  id: idSchema('dataset'),
  name: keptNameSchema,
  kind: datasetKindSchema,
  format: datasetFormatSchema,
  state: datasetStateSchema,
  bytes: countSchema(LIMITS.uploadBytes),
  sha256: sha256Schema.nullable(),
  badRows: badRowsSchema,
  sampling: samplingSchema,
  columns: columnNamesSchema.nullable(),
  createdBy: z.string(),
  stats: datasetStatsSchema.nullable(),
  facts: itemFactsSchema.nullable().meta({ description: 'Of item-facts that are ready; null of other kinds.' }),
  warnings: z.array(z.string()),
  /** All that were found, those of rows that were left out too; `rowErrors` holds the first of them. */
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

export const validateDatasetSchema = z.strictObject({
  badRows: badRowsSchema.optional().describe('From now on; as it was where this is left out.'),
});

export const listDatasetsQuerySchema = pageQuerySchema.extend({
  kind: datasetKindSchema.optional(),
  state: datasetStateSchema.optional(),
});
export type DatasetsQuery = z.infer<typeof listDatasetsQuerySchema>;

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
      tokens: countSchema().nullable().meta({
        description:
          'Of the prompt, as the scorer counts them; null where no connected node holds a tokenizer. What the tokenizer puts before a text counts too.',
      }),
      pieces: z.array(z.string()).nullable().meta({
        description:
          'The prompt cut into its tokens, in order: joined they are the prompt, and the answer comes behind the last. Tokens that make one character together are one piece, and what the tokenizer puts before a text is in none, so there may be fewer pieces than tokens.',
      }),
      sample: sampleSchema.nullable().meta({ description: 'What the prompt was made of; null for instructions.' }),
    }),
  ),
  template: templateSchema,
  tokenizer: z.string().nullable(),
});
export type Preview = z.infer<typeof previewSchema>;

export const itemsQuerySchema = z.object({
  limit: digitsSchema(1, LIMITS.pageItems).default(LIMITS.defaultPageItems),
  search: z.string().max(LIMITS.titleCharacters).optional().meta({
    description:
      'Titles in which each of these words begins a word, case and accents aside; in scripts without spaces, stands anywhere.',
  }),
});

export type ItemsQuery = z.infer<typeof itemsQuerySchema>;

export const datasetItemSchema = itemSchema.extend({
  rows: countSchema().meta({ description: 'Rows in which it was rated, or stands in the history or as the target.' }),
  liked: countSchema().meta({ description: 'Of these, the rows that say it was liked.' }),
  likes: countSchema().optional().meta({ description: 'Of item-facts, as ratings is: what the file tells of it.' }),
  ratings: countSchema().optional(),
});
export type DatasetItem = z.infer<typeof datasetItemSchema>;

/** The items of a dataset, those in the most rows first, or of item-facts the most rated; one without a title is called by its id. */
export const datasetItemsSchema = z.object({
  items: z.array(datasetItemSchema),
  total: countSchema().meta({ description: 'That match.' }),
  complete: z.boolean().meta({
    description:
      'False where the dataset has more items than are kept for searching: then those that came first are searched.',
  }),
});
export type DatasetItems = z.infer<typeof datasetItemsSchema>;

export const historiesQuerySchema = z.object({
  limit: digitsSchema(1, LIMITS.pageItems).default(LIMITS.defaultPageItems),
  user: z.string().max(LIMITS.idCharacters).optional().meta({ description: 'Only users whose id begins so.' }),
});

export type HistoriesQuery = z.infer<typeof historiesQuerySchema>;

/** Of some users of a dataset the latest history that is followed by something, to try a model on. */
export const datasetHistoriesSchema = z.object({
  histories: z.array(
    z.object({
      /** Null where the samples name none. */
      user: z.string().nullable(),
      noun: nounSchema,
      history: z.array(historyItemSchema),
      /** What came next, and whether it was liked; null where the file does not say. */
      next: itemSchema.extend({ liked: z.boolean().nullable() }),
    }),
  ),
  complete: z.boolean().meta({ description: 'False where only the beginning of the file was read.' }),
});
export type DatasetHistories = z.infer<typeof datasetHistoriesSchema>;
