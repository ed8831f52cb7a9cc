// Prompt templates, byte for byte as the published code and Alpaca write them.
import { z } from 'zod';
import { type InstructionRow, inputOf, instructionFor, type Sample } from './sample.ts';

/**
 * `tallrec` is what the published code really sends: a linter comment slipped into its template, and adapters tuned with it expect it.
 * `clean` is the same without it. `alpaca` is the template of instruction data, where many rows have no input.
 */
export const TEMPLATES = ['clean', 'tallrec', 'alpaca'] as const;
export const templateSchema = z.enum(TEMPLATES);
export type Template = z.infer<typeof templateSchema>;

const WITH_INPUT =
  'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.';
const WITHOUT_INPUT =
  'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
const SLIP = '  # noqa: E501';

/** Whether a model reads the same rows differently by two templates; the names of some differ alone. */
export function differs(a: Template, b: Template): boolean {
  return (a === 'tallrec') !== (b === 'tallrec');
}

/** The prompt up to where the answer begins. */
export function formatPrompt(row: Pick<InstructionRow, 'instruction' | 'input'>, template: Template): string {
  const slip = template === 'tallrec' ? SLIP : '';
  if (row.input === '') {
    return `${WITHOUT_INPUT}${slip}\n\n### Instruction:\n${row.instruction}\n\n### Response:\n`;
  }
  return `${WITH_INPUT}${slip}\n\n### Instruction:\n${row.instruction}\n\n### Input:\n${row.input}\n\n### Response:\n`;
}

export function formatSamplePrompt(sample: Sample, template: Template): string {
  return formatPrompt({ instruction: instructionFor(sample.noun), input: inputOf(sample) }, template);
}
