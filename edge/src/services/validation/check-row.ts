// A row of each kind of dataset to its normalised form, with what the counts need to know of it.
import type { Interaction } from '@tallrec/shared/interactions';
import { checkInteraction, jsonKeyMapper } from '@tallrec/shared/rows/check-interaction';
import { type RowFault, shown } from '@tallrec/shared/rows/row-fault';
import {
  type InstructionRow,
  instructionRowSchema,
  type LabelledSample,
  labelledSampleSchema,
  parsePublishedRow,
} from '@tallrec/shared/sample';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import type { z } from 'zod';

export type Normalised =
  | { kind: 'interactions'; row: Interaction }
  | { kind: 'samples'; row: LabelledSample }
  | { kind: 'instructions'; row: InstructionRow };

export type Checked = Normalised | { faults: RowFault[] };
export type RowCheck = (value: unknown) => Checked;

const SAMPLE_FIX =
  'Write {"history":[{"title":"…","liked":true}],"target":{"title":"…"},"liked":true}, or the published {"instruction","input","output"}.';
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

function checkSample(value: unknown): Checked {
  if (value !== null && typeof value === 'object' && 'instruction' in value) {
    const row = instructionRowSchema.safeParse(value);
    if (!row.success) return faultsOf(row.error, value, SAMPLE_FIX);
    const published = parsePublishedRow(row.data);
    if ('sample' in published) return { kind: 'samples', row: published.sample };
    const [, column = null, problem = published.problem] = /^(\w+): (.*)$/s.exec(published.problem) ?? [];
    return { faults: [{ column, problem, fix: SAMPLE_FIX }] };
  }
  const parsed = labelledSampleSchema.safeParse(value);
  return parsed.success ? { kind: 'samples', row: parsed.data } : faultsOf(parsed.error, value, SAMPLE_FIX);
}

/** @param named whether the reader has given the columns their names already (CSV) */
export function rowCheck(kind: DatasetKind, named: boolean): RowCheck {
  if (kind === 'instructions') return checkInstruction;
  if (kind === 'samples') return checkSample;
  const mapKeys = jsonKeyMapper();
  return (value) => {
    const columns = named ? (value as Record<string, unknown>) : mapKeys(value);
    if ('faults' in columns) return columns as { faults: RowFault[] };
    const checked = checkInteraction(columns);
    return 'value' in checked ? { kind, row: checked.value } : checked;
  };
}
