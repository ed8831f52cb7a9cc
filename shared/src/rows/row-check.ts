// Rows as the readers of files hand them on, checked, and in the normalised form of their kind.

import type { z } from 'zod';
import type { Interaction } from '../interactions.ts';
import {
  ANSWERS,
  type InstructionRow,
  type Item,
  instructionRowSchema,
  parsePublishedRow,
  type Sample,
  sampleSchema,
  withoutLabel,
} from '../sample.ts';
import type { DatasetKind } from '../wire/datasets.ts';
import { checkInteraction, jsonKeyMapper, parseId } from './check-interaction.ts';
import { checkItem } from './check-item.ts';
import { LAYOUTS, type NamedColumns, withoutTitles } from './columns.ts';
import { type RowFault, shown } from './row-fault.ts';
import type { GoodRow } from './row-reader.ts';

export type Normalised =
  | { kind: 'interactions'; row: Interaction }
  | { kind: 'samples'; row: Sample }
  | { kind: 'instructions'; row: InstructionRow }
  | { kind: 'items'; row: Item };

/** `hopeless`: no other row of the file will be better. */
export type Checked = Normalised | { faults: RowFault[]; hopeless?: boolean };
export type RowCheck = (row: GoodRow) => Checked;

const SAMPLE_FIX =
  'Write {"history":[{"title":"…","liked":true}],"target":{"title":"…"},"liked":true}, or the published {"instruction","input","output"}; leave out liked, or output empty, where it is not known.';
const INSTRUCTION_FIX = 'Write {"instruction":"…","input":"…","output":"…"}; input may be empty.';

function faultsOf(error: z.core.$ZodError, value: unknown, fix: string): { faults: RowFault[] } {
  return {
    faults: error.issues.map((issue) => {
      const column = issue.path.length > 0 ? issue.path.join('.') : null;
      return { column, problem: column ? issue.message : `${shown(value)} is not such a row.`, fix };
    }),
  };
}

/** What other tools call rows of instructions. */
function otherForm(value: unknown): { faults: RowFault[] } | null {
  if (value === null || typeof value !== 'object') return null;
  const name = ['conversations', 'conversation', 'messages'].find((key) => key in value);
  if (name === undefined || 'instruction' in value) return null;
  const form = name === 'messages' ? 'messages of a chat (OpenAI)' : 'conversations (ShareGPT)';
  return {
    faults: [{ column: name, problem: `This row holds ${form}, which are not read.`, fix: INSTRUCTION_FIX }],
  };
}

/** Exports of tables write null, or nothing, for a text that is not there. */
function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const { input } = value as { input?: unknown };
  return input === null ? { ...value, input: '' } : value;
}

function checkInstruction(given: unknown): Checked {
  const other = otherForm(given);
  if (other) return other;
  const value = withoutNulls(given);
  const parsed = instructionRowSchema.safeParse(value);
  return parsed.success ? { kind: 'instructions', row: parsed.data } : faultsOf(parsed.error, value, INSTRUCTION_FIX);
}

/** Rows without an answer can be scored: the published form leaves their output empty. */
function checkPublished(value: object): Checked {
  const { output } = value as { output?: unknown };
  const row = instructionRowSchema.safeParse(withoutNulls({ ...value, output: output ?? '' }));
  if (!row.success) return faultsOf(row.error, value, SAMPLE_FIX);
  const unlabelled = row.data.output.trim() === '';
  const published = parsePublishedRow(unlabelled ? { ...row.data, output: ANSWERS.disliked } : row.data);
  if ('sample' in published) {
    return { kind: 'samples', row: unlabelled ? withoutLabel(published.sample) : published.sample };
  }
  const [, column = null, problem = published.problem] = /^(\w+): (.*)$/s.exec(published.problem) ?? [];
  return { faults: [{ column, problem, fix: SAMPLE_FIX }] };
}

function checkSample(value: unknown): Checked {
  if (value !== null && typeof value === 'object' && 'instruction' in value) return checkPublished(value);
  const other = otherForm(value);
  if (other) return other;
  const parsed = sampleSchema.safeParse(value);
  return parsed.success ? { kind: 'samples', row: parsed.data } : faultsOf(parsed.error, value, SAMPLE_FIX);
}

function withoutTitle(item: unknown): RowFault {
  const problem = `The file of titles has none for the item ${shown(item)}.`;
  return { column: 'title', problem, fix: 'Add it there, or leave out the ratings of this item.' };
}

export type Titles = ReadonlyMap<string, Pick<Item, 'title' | 'by'>>;

/**
 * @param named what the columns are called in the file, where that was said
 * @param titles of the items of ratings whose file has none
 */
export function rowCheck(kind: DatasetKind, named: NamedColumns | null = null, titles?: Titles): RowCheck {
  if (kind === 'instructions') return ({ value }) => checkInstruction(value);
  if (kind === 'samples') return ({ value }) => checkSample(value);
  const layout = titles && kind === 'interactions' ? withoutTitles(LAYOUTS[kind]) : LAYOUTS[kind];
  const mapKeys = jsonKeyMapper(layout, named);
  return ({ value, fields }) => {
    // Of a table the reader has given the columns their names here already.
    const columns = fields ? (value as Record<string, unknown>) : mapKeys(value);
    if ('faults' in columns) return columns as { faults: RowFault[] };
    if (kind === 'items') {
      const item = checkItem(columns);
      return 'value' in item ? { kind, row: item.value } : item;
    }
    const names = titles?.get(String(parseId(columns.item)));
    if (titles && !names) return { faults: [withoutTitle(columns.item)] };
    const checked = checkInteraction(names ? { ...columns, ...names } : columns);
    return 'value' in checked ? { kind, row: checked.value } : checked;
  };
}
