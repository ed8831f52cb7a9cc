// Sizes as people write them: 24GB, 7.5GiB, 512MB.

const UNITS: Record<string, number> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };

export const BYTE_SIZE_FORM = 'Write it as 24GB, 7.5GiB or 512MB.';

/** @returns bytes; undefined for what is no size */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/.exec(text) ?? [];
  return number && unit ? Number(number) * UNITS[unit]! : undefined;
}
