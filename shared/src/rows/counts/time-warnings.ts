// Whether the times of ratings can be what they are taken for: Unix seconds.

/** Numbers that are no such seconds, where all times lie among them. */
const MISREAD = [
  { from: 1900, to: 2100, what: 'years' },
  // 1970 to 2064.
  { from: 25_569, to: 60_000, what: 'days as spreadsheets count them' },
];
/** The year 2100. */
const LAST = Date.UTC(2100) / 1000;

export interface TimeRange {
  rows: number;
  /** Of Unix times in seconds; null before the first. */
  earliest: number | null;
  latest: number | null;
}

export function timeWarnings({ rows, earliest, latest }: TimeRange): string[] {
  if (earliest === null || latest === null || rows < 2) return [];
  if (earliest === latest) return ['All times are equal: histories keep the order of the file.'];
  const misread = MISREAD.find(({ from, to }) => earliest >= from && latest <= to);
  if (misread) {
    return [
      `Times from ${earliest} to ${latest} look like ${misread.what}, and count as seconds of 1970: only their order is used. Write dates, or Unix seconds.`,
    ];
  }
  const year = new Date(1000 * latest).getUTCFullYear();
  return latest > LAST ? [`The last rating is of the year ${year}: are times in another unit than Unix seconds?`] : [];
}
