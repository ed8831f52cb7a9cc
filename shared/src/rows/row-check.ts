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
import { checkInteraction, jsonKeyMapper } from './check-interaction.ts';
import { checkItem } from './check-item.ts';
import { LAYOUTS, type NamedColumns } from './columns.ts';
import { type RowFault, shown } from './row-fault.ts';

export type Normalised =
  | { kind: 'interactions'; row: Interaction }
  | { kind: 'samples'; row: Sample }
  | { kind: 'instructions'; row: InstructionRow }
  | { kind: 'items'; row: Item };

export type Checked = Normalised | { faults: RowFault[] };
export type RowCheck = (value: unknown) => Checked;

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

function checkInstruction(value: unknown): Checked {
  const parsed = instructionRowSchema.safeParse(value);
  return parsed.success ? { kind: 'instructions', row: parsed.data } : faultsOf(parsed.error, value, INSTRUCTION_FIX);
}

/** Rows without an answer can be scored: the published form leaves their output empty. */
function checkPublished(value: object): Checked {
  const row = instructionRowSchema.safeParse('output' in value ? value : { ...value, output: '' });
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
  const parsed = sampleSchema.safeParse(value);
  return parsed.success ? { kind: 'samples', row: parsed.data } : faultsOf(parsed.error, value, SAMPLE_FIX);
}

/**
 * @param mapped whether the reader has given the columns their names here already (CSV)
 * @param named what they are called in the file, where that was said
 */
export function rowCheck(kind: DatasetKind, mapped: boolean, named: NamedColumns | null = null): RowCheck {
  if (kind === 'instructions') return checkInstruction;
  if (kind === 'samples') return checkSample;
  const mapKeys = jsonKeyMapper(LAYOUTS[kind], named);
  return (value) => {
    const columns = mapped ? (value as Record<string, unknown>) : mapKeys(value);
    if ('faults' in columns) return columns as { faults: RowFault[] };
    if (kind === 'items') {
      const item = checkItem(columns);
      return 'value' in item ? { kind, row: item.value } : item;
    }
    const checked = checkInteraction(columns);
    return 'value' in checked ? { kind, row: checked.value } : checked;
  };
}
