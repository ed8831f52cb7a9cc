// Rows as the readers of files hand them on, checked, and in the normalised form of their kind.

import type { z } from 'zod';
import type { Interaction } from '../../interactions.ts';
import type { ItemFact } from '../../item-facts.ts';
import {
  ANSWERS,
  type InstructionRow,
  type Item,
  instructionRowSchema,
  parsePublishedRow,
  type Sample,
  sampleSchema,
  withoutLabel,
} from '../../sample.ts';
import type { DatasetKind } from '../../wire/datasets.ts';
import type { Layout, NamedColumns, TableKind } from '../columns/columns.ts';
import { type RowFault, shown } from '../row-fault.ts';
import type { GoodRow } from '../row-reader.ts';
import { type Cells, checkInteraction, jsonKeyMapper, type KeyMapper, parseId } from './check-interaction.ts';
import { checkItem } from './check-item.ts';
import { checkItemFact } from './check-item-fact.ts';
import type { Notation } from './notation.ts';

/** `isCut`: a text of it was too long. */
export type Normalised =
  | { kind: 'interactions'; row: Interaction; isCut?: boolean }
  | { kind: 'samples'; row: Sample }
  | { kind: 'instructions'; row: InstructionRow }
  | { kind: 'items'; row: Item; isCut?: boolean }
  | { kind: 'item-facts'; row: ItemFact; isCut?: boolean };

/** `hopeless`: no other row of the file will be better. */
export type Checked = Normalised | { faults: RowFault[]; hopeless?: boolean };
export type RowCheck = (row: GoodRow) => Checked;

/** How the rows of a table are read. */
export interface TableReading {
  columnsOf: ColumnsOf;
  notation: Notation;
  /** Of the items of ratings whose file has none. */
  titles?: Titles | undefined;
}

/** The columns of a row, whatever they are called in the file. */
export type ColumnsOf = (row: GoodRow) => ReturnType<KeyMapper>;

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

/** Shorter numbers are ids of users and items alike. */
const TELLING_ID = /\D|\d{8}/;

function withoutTitle({ item, user }: Cells, names: NamedColumns, titles: Titles): RowFault {
  const problem = `The file of titles has none for the item ${shown(item)}.`;
  const other = String(parseId(user));
  if (TELLING_ID.test(other) && titles.has(other)) {
    const swapped = `user=${names.item},item=${names.user}`;
    return {
      column: 'title',
      problem: `${problem} It has one for the user ${shown(user)}: the columns of users and items seem to be swapped.`,
      fix: `Name them, on the command line by --columns ${swapped}`,
    };
  }
  return { column: 'title', problem, fix: 'Add it there, or leave out the ratings of this item.' };
}

export type Titles = ReadonlyMap<string, Pick<Item, 'title' | 'by'>>;

/** @param namesOf what the reader of a table found its columns to be called */
export function columnReader(layout: Layout, named: NamedColumns | null, namesOf: () => NamedColumns): ColumnsOf {
  const mapKeys = jsonKeyMapper(layout, named);
  // Of a table the reader has given the columns their names here already.
  return ({ value, fields }) => (fields ? { cells: value as Cells, names: namesOf() } : mapKeys(value));
}

export function rowCheck(kind: Exclude<DatasetKind, TableKind>): RowCheck {
  return kind === 'instructions' ? ({ value }) => checkInstruction(value) : ({ value }) => checkSample(value);
}

export function tableCheck(kind: TableKind, { columnsOf, notation, titles }: TableReading): RowCheck {
  return (row) => {
    const columns = columnsOf(row);
    if ('faults' in columns) return columns;
    const { cells, names } = columns;
    if (kind === 'items') return withKind(kind, checkItem(cells, names));
    if (kind === 'item-facts') return withKind(kind, checkItemFact(cells, names));
    const found = titles?.get(String(parseId(cells.item)));
    if (titles && !found) return { faults: [withoutTitle(cells, names, titles)] };
    return withKind(kind, checkInteraction(found ? { ...cells, ...found } : cells, names, notation));
  };
}

type CheckedCells<Row> = { value: Row; isCut: boolean } | { faults: RowFault[] };

function withKind<Kind extends TableKind>(
  kind: Kind,
  checked: CheckedCells<Extract<Normalised, { kind: Kind }>['row']>,
): Checked {
  if ('faults' in checked) return checked;
  return { kind, row: checked.value, ...(checked.isCut ? { isCut: true } : {}) } as Normalised;
}
