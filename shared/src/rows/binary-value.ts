// What stands in a row in place of bytes that are no text, such as the pictures in a Parquet file: harmless where nothing reads it.
import type { RowFault } from './row-fault.ts';

const MARK = '$binary';

export function binaryValue(bytes: number): object {
  return { [MARK]: bytes };
}

/** Why it cannot be used; null for any other value. */
export function binaryFault(value: unknown): Pick<RowFault, 'problem' | 'fix'> | null {
  if (value === null || typeof value !== 'object' || !(MARK in value)) return null;
  return { problem: `It holds ${value[MARK]} bytes that are not UTF-8.`, fix: 'Write its texts as UTF-8.' };
}
