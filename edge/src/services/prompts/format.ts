import { formatSamplePrompt } from '@tallrec/shared/prompt';
import type { formatRequestSchema, formatResponseSchema } from '@tallrec/shared/wire/score';
import type { z } from 'zod';

/** The very text that a model is given for each sample. */
export function formatPrompts(input: z.infer<typeof formatRequestSchema>): z.infer<typeof formatResponseSchema> {
  const { samples, template } = input;
  return { prompts: samples.map((sample) => formatSamplePrompt(sample, template)), template };
}
