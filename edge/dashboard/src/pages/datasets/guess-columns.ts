// Columns whose names say nothing, guessed by what is in them.

import { likelyNumber, likelyTime } from '@tallrec/shared/rows/checks/notation';
import type { Column, NamedColumns } from '@tallrec/shared/rows/columns/columns';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { columnsOf, type Look } from './beginning.ts';

interface Cells {
  name: string;
  values: string[];
}

/** Numbers below are no times of this age. */
const LEAST_SECONDS = 1e8;
/** Half points of ten, and none. */
const MOST_GRADES = 21;
const MOST_GRADE = 100;

/** Of a column's cells some may be slips. */
const MOST = 0.8;
const mostAre = (values: readonly string[], test: (value: string) => boolean) =>
  values.filter(test).length >= MOST * values.length;

const isNumber = (value: string) => likelyNumber(value) !== undefined;

function isTime({ values }: Cells): boolean {
  return mostAre(values, (value) => (likelyTime(value) ?? 0) >= LEAST_SECONDS);
}

/** Few numbers, in no order: ids of users have one, or are many. */
function isRating({ values }: Cells): boolean {
  if (!mostAre(values, isNumber)) return false;
  const numbers = values.flatMap((value) => likelyNumber(value) ?? []);
  const grades = new Set(numbers);
  const sorted = numbers.every((value, at) => at === 0 || value >= numbers[at - 1]!);
  return (
    grades.size > 1 && grades.size <= MOST_GRADES && !sorted && numbers.every((one) => Math.abs(one) <= MOST_GRADE)
  );
}

function isText({ values }: Cells): boolean {
  return !mostAre(values, isNumber) && values.some((value) => /\p{L}{2}/u.test(value));
}

const averageLength = ({ values }: Cells) => values.reduce((sum, { length }) => sum + length, 0) / values.length;

/** @returns what no name told; it is named then, as if by hand */
export function guessColumns({ header, rows, byOrder }: Look, kind: DatasetKind): NamedColumns {
  const told = kind === 'interactions' && byOrder ? byOrder : {};
  const known = columnsOf(header, kind, told);
  if (!known || rows.length === 0) return {};
  const guesses: NamedColumns = { ...told };
  const doubted = known.doubts.map(({ column }) => column);
  const taken = new Set(Object.values(known.names));
  const free = header
    .map((name, at) => ({ name, values: rows.map(({ cells }) => cells[at] ?? '').filter((value) => value !== '') }))
    .filter(({ name, values }) => name !== '' && !taken.has(name) && values.length > 0);
  const take = (column: Column, fitting: readonly Cells[]) => {
    const [cells] = fitting;
    if (!known.missing.includes(column) || doubted.includes(column) || !cells) return;
    guesses[column] = cells.name;
    free.splice(free.indexOf(cells), 1);
  };
  take('time', free.filter(isTime));
  take(
    'rating',
    free.filter(isRating).sort((a, b) => new Set(a.values).size - new Set(b.values).size),
  );
  take(
    'title',
    free.filter(isText).sort((a, b) => averageLength(b) - averageLength(a)),
  );
  // Files name who before what.
  take('user', free);
  take('item', free);
  const title = guesses.title ?? known.names.title;
  // Where items have no ids, their titles stand for them.
  if (known.missing.includes('item') && guesses.item === undefined && title !== undefined) {
    Object.assign(guesses, { item: title, title });
  }
  return guesses;
}
