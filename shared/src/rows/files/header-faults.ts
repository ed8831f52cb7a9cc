// What is wrong with the header of a table, and how to mend it.
import { WITHOUT_TIME } from '../checks/check-interaction.ts';
import { type Column, type ColumnMap, type Layout, type NamedColumns, namesOf } from '../columns/columns.ts';
import { shown } from '../row-fault.ts';
import type { BadRow } from '../row-reader.ts';
import type { Dialect } from './dialect.ts';

/** A remark where the names of columns should be. */
export function commentFault({ line, text }: { line: number; text: string }): BadRow {
  return {
    line,
    column: null,
    problem: `This line looks like a comment: ${shown(text)}.`,
    fix: 'Remove it and others like it: the first line of a table has to name its columns.',
  };
}

/** A column that was named and is not there. */
export function absentColumn(column: Column, named: NamedColumns | null, header: readonly string[]): BadRow {
  const problem = `The header has no column ${JSON.stringify(named?.[column])}, which was named for ${column}.`;
  const names = header.slice(0, 20).map(shown).join(', ');
  const fix = `It has ${names}. Name one of these for ${column}, or none to have it guessed.`;
  return { line: 1, column, problem, fix };
}

/** @param needed names of columns, one of which is lacking */
export function lackingName(name: string, needed: readonly string[], header: readonly string[]): BadRow {
  const names = header.slice(0, 10).map(shown).join(', ');
  return {
    line: 1,
    column: name,
    problem: `This is neither JSON nor a table with the column ${name}: it begins with ${names}.`,
    fix: `Write JSON, JSON Lines, or a table with the columns ${needed.join(', ')} in its first line.`,
  };
}

/** A column that is needed and that no name stands for. */
export function missingColumn(
  column: Column,
  { columns, optional, either = [] }: Layout,
  { header, dialect }: { header: readonly string[]; dialect: Dialect },
  { unused }: Pick<ColumnMap, 'unused'>,
): BadRow {
  const first = either.map(([one]) => one);
  const example = columns.filter(
    (one) => !optional.includes(one) || first.includes(one) || (one === 'item' && either.length === 0),
  );
  const needed = either.find((group) => group.includes(column)) ?? [column];
  if (dialect.byOrder) {
    const problem = `The file has no header line, and which column holds ${needed.join(' or ')} cannot be told by their order.`;
    const order = example.map((one, at) => `${one}=${at + 1}`).join(',');
    return {
      line: 1,
      column,
      problem,
      fix: `Add the line ${example.join(dialect.delimiter)}, or name the columns by their numbers, as in ${order}.`,
    };
  }
  const author = unused.find((name) => /^(author|reviewer|username|user ?name)$/i.test(name.trim()));
  const likely = column === 'user' && author ? ` ${shown(author)} may be it: then name it for user.` : '';
  const without = column === 'time' ? ` ${WITHOUT_TIME}` : '';
  const apart = header.length === 1 ? ' Nothing was found that stands between fields: , ; tab :: or |.' : '';
  return {
    line: 1,
    column,
    problem: `The header has no column for ${needed.join(' or ')}.${apart}`,
    fix: `Name it one of: ${needed.map(namesOf).join(', ')}. The first line has to name the columns, such as ${example.join(',')}.${likely}${without}`,
  };
}
