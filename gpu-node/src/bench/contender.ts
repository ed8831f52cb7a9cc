// What is compared: something that trains on rows and scores them, and says how long it took.
import type { LoraAdapter } from '../llama/lora.ts';
import { microBatches } from '../llama/micro-batches.ts';
import { IGNORED_LABEL, type LabelledRow, type LanguageModel } from '../llama/model.ts';
import type { Rival } from './rival.ts';

export type Work = 'train' | 'score';

export interface Contender {
  name: string;
  works: readonly Work[];
  /** One pass over the rows: gradients of all labelled tokens, or the logits after all but the last token. @returns ms */
  time(work: Work, rows: readonly LabelledRow[]): Promise<number>;
  end(): Promise<void>;
}

/** Both sides hold no more tokens at once than this, padding counted. */
export const MICRO_BATCH_TOKENS = 2048;

export function engine(
  name: string,
  model: LanguageModel,
  adapter: LoraAdapter,
  answers: readonly number[],
): Contender {
  return {
    name,
    works: ['train', 'score'],
    async time(work, rows) {
      const startedAt = performance.now();
      const tokens = rows.map((row) => (work === 'train' ? row.tokens : promptOf(row)));
      for (const indices of microBatches(tokens, MICRO_BATCH_TOKENS, model)) {
        if (work === 'score') {
          await model.nextTokenLogits(
            indices.map((index) => tokens[index]!),
            adapter,
            answers,
          );
        } else {
          const batch = indices.map((index) => rows[index]!);
          await model.lossAndGradients(batch, adapter, { lossWeight: 1 });
        }
      }
      return performance.now() - startedAt;
    },
    end: () => model.close(),
  };
}

export function pytorch(precision: 'f32' | 'bf16', worker: Rival): Contender {
  return {
    name: `PyTorch ${precision}`,
    works: ['train', 'score'],
    async time(work, rows) {
      const batches = sortedBatches(work === 'train' ? rows : rows.map(scored));
      return (await worker.ask<{ ms: number }>({ work, precision, batches })).ms;
    },
    end: async () => worker.end(),
  };
}

/** Rows of like length together, so that the rival pads little either. */
function sortedBatches(rows: readonly LabelledRow[]): LabelledRow[][] {
  const tokens = rows.map((row) => row.tokens);
  const batches = microBatches(tokens, MICRO_BATCH_TOKENS, { sharePrefix: false });
  return batches.map((indices) => indices.map((index) => rows[index]!));
}

export function llamaCpp(worker: Rival): Contender {
  return {
    name: 'llama.cpp',
    works: ['score'],
    time: async (_work, rows) => (await worker.ask<{ ms: number }>({ prompts: rows.map(promptOf) })).ms,
    end: async () => worker.end(),
  };
}

/** What a row holds before its first labelled token. */
export function promptOf({ tokens, labels }: LabelledRow): readonly number[] {
  return tokens.slice(0, firstLabel(labels));
}

/** The row with its first label alone, whose logits are the score's. */
function scored({ tokens, labels }: LabelledRow): LabelledRow {
  const end = firstLabel(labels) + 1;
  return { tokens: tokens.slice(0, end), labels: labels.slice(0, end) };
}

function firstLabel(labels: readonly number[]): number {
  return labels.findIndex((label) => label !== IGNORED_LABEL);
}
