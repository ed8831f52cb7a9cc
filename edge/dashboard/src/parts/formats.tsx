// Times, spans, numbers and sizes as the reader's own language writes them.

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const number = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

const probability = new Intl.NumberFormat(undefined, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const formatDate = (iso: string) => dateTime.format(new Date(iso));
export const formatNumber = (value: number) => number.format(value);
export const formatCompact = (value: number) => compact.format(value);
export const formatShare = (value: number) => percent.format(value);
/** In a column each has its point at the same place. */
export const formatProbability = (value: number) => probability.format(value);
export const formatAuc = (value: number | null) => (value === null ? '–' : value.toFixed(3));
/** Of a difference of AUCs. */
export const formatSigned = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

/** Enough of a content hash to tell two apart. */
export const shortHash = (hash: string) => hash.slice(0, 12);

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function formatBytes(bytes: number): string {
  const size = Math.min(SIZES.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const format = new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: SIZES[size]!,
    // Short, bytes have no plural.
    unitDisplay: size === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1000 ** size);
}

const SPANS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** Its two largest units. */
export function formatSpan(ms: number): string {
  let rest = Math.max(1000, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [unit, length] of SPANS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count === 0) continue;
    parts.push(new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short' }).format(count));
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** Up to so many seconds, a span of which little is known is told to so many. */
const ROUGHLY = [
  [20, 1],
  [120, 5],
  [600, 10],
  [3600, 60],
  [18_000, 300],
  [Number.POSITIVE_INFINITY, 3600],
] as const;

export function formatRoughSpan(ms: number): string {
  const [, step] = ROUGHLY.find(([upTo]) => ms / 1000 <= upTo)!;
  return formatSpan(1000 * step * Math.round(ms / 1000 / step));
}

interface TimeProps {
  at: string;
  /** To the second, for what follows quickly on one another. */
  exact?: boolean;
}

export function Time({ at, exact = false }: TimeProps) {
  return <time dateTime={at}>{exact ? exactTime.format(new Date(at)) : formatDate(at)}</time>;
}
