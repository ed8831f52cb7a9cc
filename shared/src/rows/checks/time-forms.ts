// Dates and times as files write them.

/** What stands first in dates such as 03/04/2024. */
export type DateOrder = 'day-first' | 'month-first';

const CLOCK =
  '(?:,?(?:T|\\s+)(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d+))?)?(?:\\s*([ap])\\.?m\\.?)?)?\\s*(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})?';
const YEAR_FIRST = new RegExp(`^(\\d{4})([-./])(\\d{1,2})\\2(\\d{1,2})${CLOCK}$`, 'i');
const YEAR_LAST = new RegExp(`^(\\d{1,2})([-./])(\\d{1,2})\\2(\\d{4})${CLOCK}$`, 'i');

const NAMED_ZONE = '(?:\\s+(Z|UTC|GMT|[+-]\\d{2}:?\\d{2}))?';
const WEEKDAY = '(?:[a-z]{3,9},?\\s+)?';
const MONTH = '([a-z]{3,9})\\.?';
/** `Sun Jul 30 07:44:01 -0700 2017`, as C and Goodreads write it. */
const YEAR_AT_END = new RegExp(
  `^${WEEKDAY}${MONTH}\\s+(\\d{1,2})\\s+(\\d{1,2}):(\\d{2})(?::(\\d{2}))?${NAMED_ZONE}\\s+(\\d{4})$`,
  'i',
);
/** `Sun, 30 Jul 2017 07:44:01 -0700`, as in mails; `30-Jul-2017`. */
const DAY_MONTH = new RegExp(`^${WEEKDAY}(\\d{1,2})[\\s-]+${MONTH}[\\s,-]+(\\d{4})${CLOCK}$`, 'i');
/** `July 30, 2017`. */
const MONTH_DAY = new RegExp(`^${WEEKDAY}${MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?,?\\s+(\\d{4})${CLOCK}$`, 'i');
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** @returns 1 for January, by its English name or the beginning of it */
function monthOf(name: string): number | undefined {
  const known = name.toLowerCase().replace(/^sept$/, 'sep');
  const at = MONTHS.findIndex((month) => month.startsWith(known));
  return at === -1 ? undefined : at + 1;
}

/** A date that names its month. */
function parseNamed(text: string): number | undefined {
  const atEnd = YEAR_AT_END.exec(text);
  if (atEnd) {
    const [, month, day, hours, minutes, seconds, zone, year] = atEnd;
    return secondsOf(Number(year), monthOf(month!) ?? 0, Number(day), [
      hours,
      minutes,
      seconds,
      undefined,
      undefined,
      zone,
    ]);
  }
  const dayFirst = DAY_MONTH.exec(text);
  const found = dayFirst ?? MONTH_DAY.exec(text);
  if (!found) return undefined;
  const [day, month] = dayFirst ? [found[1]!, found[2]!] : [found[2]!, found[1]!];
  return secondsOf(Number(found[3]), monthOf(month) ?? 0, Number(day), found.slice(4));
}

/** The first two numbers of a date that does not say by itself which of them is the month. */
function undecided(text: string): [first: number, second: number] | null {
  const [, first, mark, second] = YEAR_LAST.exec(text.trim()) ?? [];
  return first === undefined || mark === '.' ? null : [Number(first), Number(second)];
}

/** @returns the order that this date can only have; null where it shows none */
export function orderShownBy(text: string): DateOrder | null {
  const [first, second] = undecided(text) ?? [0, 0];
  if (first > 12 === second > 12) return null;
  return first > 12 ? 'day-first' : 'month-first';
}

/** @returns whether two dates could be meant */
export function isEitherOrder(text: string): boolean {
  const [first, second] = undecided(text) ?? [0, 0];
  return first !== second && first <= 12 && second <= 12;
}

/** @returns whether a date has the form that is read by this mark: with dots the day comes first */
export function isDotted(text: string): boolean {
  return YEAR_LAST.exec(text.trim())?.[2] === '.';
}

/** @returns whether it is written as a date with the year at its end, whether or not there is such a day */
export function isYearLast(text: string): boolean {
  return YEAR_LAST.test(text.trim());
}

/**
 * @param order of dates with / or -; null while nothing has shown it
 * @returns Unix time in seconds (UTC where no zone is named); undefined where it is no date, or one of two
 */
export function parseDate(text: string, order: DateOrder | null): number | undefined {
  const trimmed = text.trim();
  const yearFirst = YEAR_FIRST.exec(trimmed);
  const found = yearFirst ?? YEAR_LAST.exec(trimmed);
  if (!found) return parseNamed(trimmed);
  if (yearFirst) return secondsOf(Number(found[1]), Number(found[3]), Number(found[4]), found.slice(5));
  const [first, second] = [Number(found[1]), Number(found[3])];
  const dayFirst = found[2] === '.' || first === second || order === 'day-first';
  if (!dayFirst && order === null) return undefined;
  const [day, month] = dayFirst ? [first, second] : [second, first];
  return secondsOf(Number(found[4]), month, day, found.slice(5));
}

const SECONDS_OF_DAY = 86_400;

type Clock = readonly (string | undefined)[];

function secondsOf(year: number, month: number, day: number, clock: Clock): number | undefined {
  const [hours = '0', minutes = '0', seconds = '0', fraction = '0', half, zone = 'Z'] = clock;
  if (half !== undefined && (Number(hours) < 1 || Number(hours) > 12)) return undefined;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  const ms = Date.UTC(year, month - 1, day);
  const date = new Date(ms);
  // Days that there are not would count on into the next month.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const ofDay = hour * 3600 + Number(minutes) * 60 + Number(seconds) + Number(`0.${fraction}`);
  if (Number(minutes) > 59 || Number(seconds) > 59 || ofDay > SECONDS_OF_DAY) return undefined;
  return ms / 1000 + ofDay - offsetOf(zone);
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
