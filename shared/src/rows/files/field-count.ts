// A row of a table with more or fewer fields than its header.

import type { RowFault } from '../row-fault.ts';
import { DELIMITERS, type Delimiter, type Dialect } from './dialect.ts';

const NAMES: Record<Delimiter, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '::': '::', '|': '|' };

/** @param width fields that the row should have */
export function fieldCountFault(
  fields: readonly string[],
  width: number,
  { delimiter, byOrder }: Pick<Dialect, 'delimiter' | 'byOrder'>,
): Pick<RowFault, 'problem' | 'fix'> {
  const count = fields.length === 1 ? '1 field' : `${fields.length} fields`;
  const problem = `This row has ${count}, the ${byOrder ? 'first row' : 'header'} has ${width}.`;
  return { problem, fix: fixOf(fields, width, delimiter) };
}

function fixOf(fields: readonly string[], width: number, delimiter: Delimiter): string {
  const name = NAMES[delimiter];
  if (fields.length < width) {
    const other = DELIMITERS.find((one) => one !== delimiter && fields.join(delimiter).split(one).length === width);
    if (other) return `Part the fields of this row by ${name}, as in the first line: ${NAMES[other]} parts them here.`;
    return `Give it a field for each column: leave one empty where nothing is known, but write each ${name}. If the row goes on in the next line, put the field with the line break in double quotes.`;
  }
  if (fields.slice(width).every((field) => field.trim() === '')) return `Take out each ${name} behind its last field.`;
  const decimals = delimiter === ',' ? ', or a number with a decimal comma,' : '';
  return `Put a field that holds a ${name}${decimals} in double quotes.`;
}
