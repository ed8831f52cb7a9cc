// What is known of one item from elsewhere: text or JSON in, its likes and ratings or every fault of the row out.
import { type ItemFact, itemFactSchema } from '../../item-facts.ts';
import type { Column, NamedColumns } from '../columns/columns.ts';
import { type RowFault, shown } from '../row-fault.ts';
import { type Cells, parseId, roundedId } from './check-interaction.ts';
import { cutText } from './cut-text.ts';
import { noTextFault } from './no-text.ts';
import { parseNumber } from './notation.ts';

const WHOLE = 'Write a whole number of digits alone, such as 40.';
const FIXES: Partial<Record<Column, string>> = {
  item: 'Write the id under which samples know the item, or its title.',
  title: 'Write the title as samples have it, or the id of the item.',
  by: 'Leave it out or write the name of the creator.',
  likes: `${WHOLE} Where only the share of likes is known, give it as mean.`,
  ratings: WHOLE,
  mean: 'Write the share of the ratings that are likes, from 0 to 1, such as 0.75: a mean grade says nothing of likes.',
};

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';
/** From 0 to 1, where a comma can part no thousands. */
const SHARE_WITH_COMMA = /^[01]?,\d+$/;

/** @param names what the columns are called in the file */
export function checkItemFact(
  row: Cells,
  names: NamedColumns,
): { value: ItemFact; isCut: boolean } | { faults: RowFault[] } {
  const nameOf = (column: Column) => names[column] ?? column;
  const fault = (column: Column, problem: string): RowFault => {
    const noText = noTextFault(row[column]);
    return { column: nameOf(column), ...(noText ?? { problem, fix: FIXES[column] ?? '' }) };
  };
  const rounded = roundedId(row.item);
  if (rounded) return { faults: [{ column: nameOf('item'), ...rounded }] };
  const counts = countsOf(row, fault);
  if ('faults' in counts) return counts;
  const [id, title, by] = [parseId(row.item), cutText(row.title), cutText(row.by)];
  const parsed = itemFactSchema.safeParse({
    ...(isGiven(id) ? { id } : {}),
    ...(isGiven(title.text) ? { title: title.text } : {}),
    ...(isGiven(by.text) ? { by: by.text } : {}),
    ...counts,
  });
  if (parsed.success) return { value: parsed.data, isCut: title.isCut || by.isCut };
  const faults = parsed.error.issues.map(({ path: [at], message }) => {
    if (at === undefined) {
      return isGiven(id) || isGiven(title.text)
        ? fault('likes', `There are ${counts.likes} likes among ${counts.ratings} ratings: ${message}.`)
        : fault('title', `Neither ${nameOf('title')} nor ${nameOf('item')} says which item it is.`);
    }
    const column = at === 'id' ? 'item' : (String(at) as Column);
    return fault(column, `${shown(row[column])}: ${message}`);
  });
  return { faults };
}

function countsOf(
  row: Cells,
  fault: (column: Column, problem: string) => RowFault,
): Pick<ItemFact, 'likes' | 'ratings'> | { faults: RowFault[] } {
  const ratings = parseNumber(row.ratings);
  const byMean = !isGiven(row.likes) && isGiven(row.mean);
  const likes = byMean ? shareOf(row.mean) : parseNumber(row.likes);
  const faults: RowFault[] = [];
  const whole = (column: Column, value: number | undefined) => {
    if (!isGiven(row[column])) faults.push(fault(column, 'It is missing.'));
    else if (value === undefined || !Number.isSafeInteger(value) || value < 0) {
      faults.push(fault(column, `${shown(row[column])} is not a whole number.`));
    }
  };
  if (!byMean) whole('likes', likes);
  else if (likes === undefined || likes < 0 || likes > 1) {
    faults.push(fault('mean', `${shown(row.mean)} is not a share from 0 to 1.`));
  }
  whole('ratings', ratings);
  if (faults.length > 0) return { faults };
  return { likes: byMean ? Math.round(likes! * ratings!) : likes!, ratings: ratings! };
}

function shareOf(value: unknown): number | undefined {
  const isWithComma = typeof value === 'string' && SHARE_WITH_COMMA.test(value.trim());
  return parseNumber(isWithComma ? value.trim().replace(',', '.') : value);
}
