// Reads sample and instruction files: the published JSON array, JSONL of the same rows, or JSONL of samples.
import { readFile } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import {
  type InstructionRow,
  instructionRowSchema,
  type LabelledSample,
  parsePublishedRow,
  type Sample,
  sampleSchema,
} from '@tallrec/shared/sample';

interface PlacedRow {
  value: unknown;
  place: string;
}

/** @throws TallrecError naming the file, the row and what was wrong */
export async function readSamples(path: string): Promise<Sample[]> {
  return rowsOf(path, await readText(path)).map(parseSample);
}

/** Samples that all say whether the target was liked. */
export async function readLabelledSamples(path: string): Promise<LabelledSample[]> {
  return rowsOf(path, await readText(path)).map((row) => {
    const { liked, ...sample } = parseSample(row);
    if (liked === undefined)
      throw invalid(row.place, 'it does not say whether the target was liked', 'Add "liked": true or false.');
    return { ...sample, liked };
  });
}

/** How many rows a file has, whatever they hold. */
export async function countRows(path: string): Promise<number> {
  return rowsOf(path, await readText(path)).length;
}

export async function readInstructions(path: string): Promise<InstructionRow[]> {
  return rowsOf(path, await readText(path)).map(({ value, place }) => {
    const parsed = instructionRowSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    throw invalid(
      place,
      `${issue.path.join('.') || 'row'}: ${issue.message}`,
      'Rows are {"instruction", "input", "output"}.',
    );
  });
}

function parseSample({ value, place }: PlacedRow): Sample {
  if (typeof value === 'object' && value !== null && 'instruction' in value) {
    const row = instructionRowSchema.safeParse(value);
    if (!row.success) {
      const issue = row.error.issues[0]!;
      throw invalid(place, `${issue.path.join('.')}: ${issue.message}`, 'Rows are {"instruction", "input", "output"}.');
    }
    const parsed = parsePublishedRow(row.data);
    if ('problem' in parsed) throw invalid(place, parsed.problem, 'See the published TALLRec samples for the form.');
    return parsed.sample;
  }
  const parsed = sampleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(
    place,
    `${issue.path.join('.') || 'row'}: ${issue.message}`,
    'Rows are {"history", "target", "liked"}, or published TALLRec rows.',
  );
}

/** A JSON array, or one JSON document a line. */
function rowsOf(path: string, text: string): PlacedRow[] {
  if (/^\s*\[/.test(text)) {
    let rows: unknown;
    try {
      rows = JSON.parse(text);
    } catch (cause) {
      throw invalid(path, `it is not JSON (${(cause as Error).message})`, 'Check that the file is whole.');
    }
    return (rows as unknown[]).map((value, index) => ({ value, place: `${path}, row ${index + 1}` }));
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${path}, line ${index + 1}`;
    try {
      return [{ value: JSON.parse(line) as unknown, place }];
    } catch (cause) {
      throw invalid(
        place,
        `it is not JSON (${(cause as Error).message})`,
        'A file is one JSON array, or one JSON document a line.',
      );
    }
  });
}

export async function readText(path: string, encoding: BufferEncoding = 'utf8'): Promise<string> {
  try {
    return (await readFile(path, encoding)).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new TallrecError('NOT_FOUND', `${path} cannot be read.`, {
      fix: 'Check the path and its permissions.',
      cause,
    });
  }
}

function invalid(place: string, what: string, fix: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `${place}: ${what}.`, { fix });
}
