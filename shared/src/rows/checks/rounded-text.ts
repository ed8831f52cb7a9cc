// Numbers as spreadsheets show them where a column is narrow.

const SCIENTIFIC = /^-?\d(?:[.,](\d+))?E\+(\d+)$/i;

/** @returns whether a text such as 1.23457E+12 has lost digits of its number */
export function isRoundedText(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [, decimals = '', exponent] = SCIENTIFIC.exec(value.trim()) ?? [];
  return exponent !== undefined && decimals.length < Number(exponent);
}
