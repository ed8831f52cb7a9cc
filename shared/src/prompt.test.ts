import { expect, it } from 'vitest';
import { formatPrompt, formatSamplePrompt } from './prompt.ts';
import { sampleSchema } from './sample.ts';

const sample = sampleSchema.parse({
  history: [
    { title: 'Heat (1995)', liked: false },
    { title: 'Babe (1995)', liked: true },
    { title: 'Big (1988)', liked: true },
  ],
  target: { title: 'Toy Story (1995)' },
});

const CLEAN = `Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.

### Instruction:
Given the user's preference and unpreference, identify whether the user will like the target movie by answering "Yes." or "No.".

### Input:
User Preference: "Babe (1995)", "Big (1988)"
User Unpreference: "Heat (1995)"
Whether the user will like the target movie "Toy Story (1995)"?

### Response:
`;

it('writes the clean template byte for byte', () => {
  expect(formatSamplePrompt(sample, 'clean')).toBe(CLEAN);
});

it('keeps the comment that slipped into the published template', () => {
  expect(formatSamplePrompt(sample, 'tallrec')).toBe(
    CLEAN.replace('completes the request.', 'completes the request.  # noqa: E501'),
  );
});

it('leaves the input section out of instruction rows that have none', () => {
  expect(formatPrompt({ instruction: 'Name a colour.', input: '' }, 'alpaca')).toBe(
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nName a colour.\n\n### Response:\n',
  );
});
