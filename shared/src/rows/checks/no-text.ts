// Values of JSON and Parquet that are neither text nor number.
import { binaryFault } from '../binary-value.ts';
import { type RowFault, shown } from '../row-fault.ts';

/** Why such a value cannot be used; null for any other. */
export function noTextFault(value: unknown): Pick<RowFault, 'problem' | 'fix'> | null {
  if (value === null || typeof value !== 'object') return null;
  return binaryFault(value) ?? nestedFault(value);
}

function nestedFault(value: object): Pick<RowFault, 'problem' | 'fix'> {
  if (Array.isArray(value)) {
    return {
      problem: `${shown(value)} is a list.`,
      fix: 'Write one value: for several names one text, such as "A, B".',
    };
  }
  const inner = Object.values(value).find((one) => typeof one === 'string' || typeof one === 'number');
  const example = inner === undefined ? '' : `, such as ${shown(inner)}`;
  return {
    problem: `${shown(value)} is an object.`,
    fix: `Write the value itself${example}, as one field; pandas.json_normalize makes a column of each inner field.`,
  };
}
