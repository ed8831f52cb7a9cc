// What a model will read: prompts formatted from a dataset's first rows.
import { TallrecError } from '@tallrec/shared/errors';
import { buildSamples, interactionSchema } from '@tallrec/shared/interactions';
import { formatPrompt, formatSamplePrompt, type Template } from '@tallrec/shared/prompt';
import { answerOf, instructionRowSchema, type Sample, sampleSchema } from '@tallrec/shared/sample';
import type { Preview } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { places } from '../storage/places.ts';
import { requireDataset } from './datasets.ts';
import { countTokens } from './scoring.ts';

/** Samples need a user's first ratings; files that list many users in turn need a wider window. */
const WINDOWS_BYTES = [256 * 1024, 4 * 1024 * 1024];

/** The whole rows within the first bytes. */
async function firstRows(bucket: R2Bucket, { workspace, id }: DatasetRow, bytes: number): Promise<unknown[]> {
  const object = await bucket.get(places.datasetRows(workspace, id), { range: { offset: 0, length: bytes } });
  if (!object) throw new Error(`The rows of ${id} are gone`);
  const text = new TextDecoder().decode(await object.arrayBuffer());
  const whole = text.slice(0, text.lastIndexOf('\n'));
  return whole === '' ? [] : whole.split('\n').map((line) => JSON.parse(line));
}

type Prompt = Pick<Preview['samples'][number], 'prompt' | 'answer' | 'sample'>;

function promptOf(sample: Sample, template: Template): Prompt {
  const answer = sample.liked === undefined ? null : answerOf(sample.liked);
  return { prompt: formatSamplePrompt(sample, template), answer, sample };
}

/** The first of a dataset that is ready, as a model reads them; none of items. */
export async function promptsOf(
  bucket: R2Bucket,
  row: DatasetRow,
  limit: number,
  template: Template,
): Promise<Prompt[]> {
  // Items are parts of prompts, and none by themselves.
  if (row.kind === 'items') return [];
  for (const bytes of WINDOWS_BYTES) {
    const rows = await firstRows(bucket, row, bytes);
    if (row.kind === 'instructions') {
      return rows.slice(0, limit).map((value) => {
        const instruction = instructionRowSchema.parse(value);
        return { prompt: formatPrompt(instruction, template), answer: instruction.output, sample: null };
      });
    }
    if (row.kind === 'samples') {
      return rows.slice(0, limit).map((value) => promptOf(sampleSchema.parse(value), template));
    }
    const samples = buildSamples(
      rows.map((value) => interactionSchema.parse(value)),
      row.sampling,
    );
    if (samples.length >= limit) return samples.slice(0, limit).map((sample) => promptOf(sample, template));
    if (bytes === WINDOWS_BYTES.at(-1)) return samples.map((sample) => promptOf(sample, template));
  }
  return [];
}

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED */
export async function previewDataset(
  deps: Pick<Deps, 'db' | 'bucket' | 'links' | 'clock' | 'signing'>,
  ctx: Ctx,
  id: string,
  query: { limit: number; template: Template; model?: string | undefined },
): Promise<Preview> {
  const row = await requireDataset(deps, ctx, id);
  if (row.state === 'rejected') {
    throw new TallrecError(
      'DATASET_REJECTED',
      `The dataset ${id} was rejected: there are ${row.errorCount} errors in it.`,
      {
        fix: 'Mend the rows named in its rowErrors and create it again.',
      },
    );
  }
  if (row.state !== 'ready') {
    throw new TallrecError('ILLEGAL_STATE', `The dataset ${id} is ${row.state}.`, {
      fix: row.state === 'created' ? 'Upload its bytes and complete it.' : 'Wait until it is ready.',
    });
  }
  const prompts = await promptsOf(deps.bucket, row, query.limit, query.template);
  const texts = prompts.map(({ prompt }) => prompt);
  const counted = texts.length > 0 ? await countTokens(deps, ctx, query.model, texts) : null;
  return {
    samples: prompts.map((prompt, at) => ({ ...prompt, tokens: counted?.counts[at] ?? null, pieces: null })),
    template: query.template,
    tokenizer: counted?.model ?? null,
  };
}
