// One item of a catalogue: text or JSON in, an item or every fault of the row out.
import { type Item, itemSchema } from '../../sample.ts';
import type { Column, NamedColumns } from '../columns/columns.ts';
import { type RowFault, shown } from '../row-fault.ts';
import { type Cells, parseId, roundedId } from './check-interaction.ts';
import { cutText } from './cut-text.ts';
import { noTextFault } from './no-text.ts';

const FIXES: Partial<Record<Column, string>> = {
  item: 'Leave it out, or write the id under which the item is known.',
  title: 'Give every row the title of its item: the model reads titles.',
  by: 'Leave it out or write the name of the creator.',
};

const catalogueItemSchema = itemSchema.omit({ at: true });

const given = (value: unknown) => value !== undefined && value !== null && value !== '';

/** @param names what the columns are called in the file */
export function checkItem(row: Cells, names: NamedColumns): { value: Item; isCut: boolean } | { faults: RowFault[] } {
  const [id, title, { text: by, isCut }] = [parseId(row.item), cutText(row.title), cutText(row.by)];
  const rounded = roundedId(row.item);
  if (rounded) return { faults: [{ column: names.item ?? 'item', ...rounded }] };
  const parsed = catalogueItemSchema.safeParse({
    title: title.text,
    ...(given(by) ? { by } : {}),
    ...(given(id) ? { id } : {}),
  });
  if (parsed.success) return { value: parsed.data, isCut: isCut || title.isCut };
  const faults = parsed.error.issues.map((issue) => {
    const column = issue.path[0] === 'id' ? 'item' : (String(issue.path[0] ?? '') as Column);
    const name = names[column] ?? column;
    const value = row[column];
    const noText = noTextFault(value);
    if (noText) return { column: name, ...noText };
    const problem = given(value) ? `${shown(value)}: ${issue.message}` : `${name} is missing.`;
    return { column: name, problem, fix: FIXES[column] ?? '' };
  });
  return { faults };
}
