// What a model will read: prompts formatted from a dataset's first rows.
import { buildSamples, interactionSchema } from '@tallrec/shared/interactions';
import { formatPrompt, formatSamplePrompt, type Template } from '@tallrec/shared/prompt';
import { answerOf, instructionRowSchema, type Sample, sampleSchema } from '@tallrec/shared/sample';
import type { Preview } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { requireReadyDataset, rowWindows } from './dataset-rows.ts';
import { tokensOf } from './scoring.ts';

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
  if (row.kind === 'items' || row.kind === 'item-facts') return [];
  let prompts: Prompt[] = [];
  for await (const { rows } of rowWindows(bucket, row)) {
    prompts = promptsFrom(rows, row, limit, template);
    if (prompts.length >= limit) break;
  }
  return prompts;
}

function promptsFrom(rows: readonly unknown[], row: DatasetRow, limit: number, template: Template): Prompt[] {
  if (row.kind === 'instructions') {
    return rows.slice(0, limit).map((value) => {
      const instruction = instructionRowSchema.parse(value);
      return { prompt: formatPrompt(instruction, template), answer: instruction.output, sample: null };
    });
  }
  const samples =
    row.kind === 'samples'
      ? rows.slice(0, limit).map((value) => sampleSchema.parse(value))
      : buildSamples(
          rows.map((value) => interactionSchema.parse(value)),
          row.sampling,
        ).slice(0, limit);
  return samples.map((sample) => promptOf(sample, template));
}

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED */
export async function previewDataset(
  deps: Pick<Deps, 'db' | 'bucket' | 'links' | 'clock' | 'signing'>,
  ctx: Ctx,
  id: string,
  query: { limit: number; template: Template; model?: string | undefined },
): Promise<Preview> {
  const row = await requireReadyDataset(deps, ctx, id);
  const prompts = await promptsOf(deps.bucket, row, query.limit, query.template);
  const texts = prompts.map(({ prompt }) => prompt);
  const counted = texts.length > 0 ? await tokensOf(deps, ctx, query.model, texts) : null;
  return {
    samples: prompts.map((prompt, at) => ({
      ...prompt,
      tokens: counted?.counts[at] ?? null,
      pieces: counted?.pieces[at] ?? null,
    })),
    template: query.template,
    tokenizer: counted?.model ?? null,
  };
}
