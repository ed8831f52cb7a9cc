// `tallrec samples`: TALLRec samples from ratings, in the paper's split.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import {
  buildSamples,
  paperSplit,
  type SplitParts,
  samplingSchema,
  splitPartsSchema,
} from '@tallrec/shared/interactions';
import { type Column, RATINGS } from '@tallrec/shared/rows/columns/columns';
import { type LabelledSample, nounSchema, toInstructionRow } from '@tallrec/shared/sample';
import {
  type ColumnNames,
  columnNamesSchema,
  DATASET_FORMATS,
  type DatasetFormat,
} from '@tallrec/shared/wire/datasets';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { readInteractions } from '../data/read-interactions.ts';
import { parsedBy } from './fail.ts';
import { anyNumber, badRowsOf, badRowsOption, numberOf, wholeNumber } from './option-values.ts';
import { say, warn } from './progress.ts';

const partsSchema = z
  .string()
  .regex(/^\d{1,4}(:\d{1,4}){2}$/, 'three whole numbers, as in 8:1:1')
  .transform((text) => text.split(':').map(Number))
  .pipe(splitPartsSchema);

const columnsSchema = z
  .string()
  .transform((text) => Object.fromEntries(text.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2))))
  .pipe(columnNamesSchema)
  .refine(
    (columns) => Object.keys(columns).every((column) => RATINGS.columns.includes(column as Column)),
    `of ratings are ${RATINGS.columns.join(', ')}`,
  );

interface Options {
  from: string;
  format?: DatasetFormat;
  columns?: ColumnNames;
  titles?: string;
  unrated?: number;
  leaveOutBadRows?: boolean;
  out: string;
  history: number;
  likedAbove: number;
  noun: string;
  last: number;
  parts: SplitParts;
  json?: boolean;
}

export function registerSamples(program: Command): void {
  program
    .command('samples')
    .description("Make TALLRec samples from ratings: train, valid and test in the paper's split.")
    .requiredOption(
      '--from <file>',
      'ratings: CSV or another table, JSON, JSON Lines or Parquet; or the directory of MovieLens as published',
    )
    .addOption(
      new Option('--format <name>', 'what the ratings are, where their content does not tell').choices(DATASET_FORMATS),
    )
    .option(
      '--columns <column=name,…>',
      `which column of the file holds what: ${RATINGS.columns.join(', ')}; without a header they are called 1, 2, 3 …`,
      parsedBy(columnsSchema),
    )
    .option('--titles <file>', 'where the titles of the items are, if not beside the ratings (columns item and title)')
    .requiredOption(
      '--out <dir>',
      'where to write train, valid and test: .json in the published form, .jsonl with users, ids and times',
    )
    .option('--history <n>', 'items of history before each target', numberOf(samplingSchema.shape.historyLength), 10)
    .option('--liked-above <rating>', 'a rating above this is a like', anyNumber, 3)
    .option('--unrated <rating>', 'a rating that says "not rated", as 0 in Book-Crossing: left out', anyNumber)
    .addOption(badRowsOption())
    .option('--noun <word>', 'what an item is called in the prompt', parsedBy(nounSchema), 'movie')
    .option('--last <n>', 'how many samples to keep, from the end', wholeNumber(10), 10_000)
    .option('--parts <train:valid:test>', 'sizes of the three files, in proportion', parsedBy(partsSchema), [8, 1, 1])
    .option('--json', 'print one JSON document')
    .action(samples);
}

async function samples(options: Options): Promise<void> {
  const { format, columns, titles } = options;
  const sampling = samplingSchema.parse({
    historyLength: options.history,
    likedAbove: options.likedAbove,
    unrated: options.unrated,
    noun: options.noun,
  });
  const interactions = await readInteractions(options.from, {
    format,
    columns,
    titles,
    sampling,
    badRows: badRowsOf(options.leaveOutBadRows),
    onWarning: warn,
  });
  const split = paperSplit(buildSamples(interactions, sampling), options);
  if (split.test.length === 0) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `${options.from} gives too few samples: no user has ${options.history + 1} ratings, or hardly one.`,
      {
        fix: 'Use more ratings, or a shorter --history.',
      },
    );
  }
  await mkdir(options.out, { recursive: true });
  const files: Record<string, { json: string; jsonl: string; samples: number; liked: number }> = {};
  for (const [name, part] of Object.entries(split) as [keyof typeof split, LabelledSample[]][]) {
    const [json, jsonl] = [join(options.out, `${name}.json`), join(options.out, `${name}.jsonl`)];
    await writeFileAtomically(json, [publishedText(part)]);
    await writeFileAtomically(jsonl, [part.map((sample) => `${JSON.stringify(sample)}\n`).join('')]);
    const liked = part.filter((sample) => sample.liked).length;
    files[name] = { json, jsonl, samples: part.length, liked };
    say(`${jsonl}: ${part.length} samples, ${liked} liked`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ interactions: interactions.length, ...files })}\n`);
}

/** Byte for byte as the published files are written. */
function publishedText(part: readonly LabelledSample[]): string {
  return JSON.stringify(part.map(toInstructionRow), null, 4).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
