// Whether columns hold what their names say, by how they go together in the first rows: a title belongs to its item, a creator too.
import type { Interaction } from '../../interactions.ts';
import { type RowFault, shown } from '../row-fault.ts';
import { type Column, meansColumn, type NamedColumns } from './columns.ts';

/** By so many rows columns are judged. */
export const JUDGED_ROWS = 2000;
/** Fewer say nothing. */
const LEAST_REPEATS = 5;
const MOST_CHARACTERS = 60;

type Cells = Readonly<Record<string, string>>;
export type MeaningRow = Pick<Interaction, 'user' | 'item' | 'title' | 'by'> & { others: Cells };

/** A doubt about what a column holds. */
export interface MeaningFault extends RowFault {
  column: Column;
  /** Whether rows are of no use so; else it is worth a word. */
  grave: boolean;
}

interface Agreement {
  /** Rows whose key has come before. */
  repeats: number;
  /** The share of these in which the value is another than at first. */
  differing: number;
  keys: number;
  values: number;
}

function agreement(rows: readonly (readonly [key: string, value: string])[]): Agreement {
  const first = new Map<string, string>();
  const values = new Set<string>();
  let [repeats, differing] = [0, 0];
  for (const [key, value] of rows) {
    values.add(value);
    const known = first.get(key);
    if (known === undefined) first.set(key, value);
    else {
      repeats++;
      if (known !== value) differing++;
    }
  }
  return { repeats, differing: repeats === 0 ? 0 : differing / repeats, keys: first.size, values: values.size };
}

/** Each key has mostly many values. */
const varies = ({ repeats, differing }: Agreement) => repeats >= LEAST_REPEATS && differing >= 0.5;
/** Each key has one value, and values differ between keys. */
const belongs = ({ repeats, differing, keys, values }: Agreement) =>
  repeats >= LEAST_REPEATS && differing <= 0.05 && keys > 2 && values > keys / 2;

const NAME_OF_PERSON = /^\p{Lu}[\p{L}'’.-]*(?: \p{L}[\p{L}'’.-]*)+$/u;
const ID = /(?:^|[^a-z])id$|[a-z]I[dD]$|^id/;
const TITLE_LIKE = /title|name|product|movie|book|film|game|song|album|restaurant|recipe/i;

/** Of a row's other columns, those that are looked at. */
export const OTHER_COLUMNS = 40;

export class ColumnMeaning {
  private rows: MeaningRow[];

  constructor(from: MeaningRow[] = []) {
    this.rows = from;
  }

  get state(): MeaningRow[] {
    return this.rows;
  }

  /** @param others what else stands in the row, by the names in the file; @returns whether there are enough to judge by */
  add({ user, item, title, by }: Interaction, others: Cells): boolean {
    const kept = Object.entries(others)
      .slice(0, OTHER_COLUMNS)
      .map(([name, value]) => [name, value.slice(0, MOST_CHARACTERS)]);
    this.rows.push({ user, item, title, ...(by === undefined ? {} : { by }), others: Object.fromEntries(kept) });
    return this.rows.length >= JUDGED_ROWS;
  }

  /** @param names what the file calls its columns */
  judge(names: NamedColumns): MeaningFault[] {
    return [this.judgeTitle(names), this.judgeCreator(names), this.judgeUser(names)].filter((fault) => fault !== null);
  }

  private pairs(key: (row: MeaningRow) => string, value: (row: MeaningRow) => string | undefined): Agreement {
    return agreement(
      this.rows.flatMap((row) => {
        const found = value(row);
        return found === undefined || found === '' ? [] : [[key(row), found] as const];
      }),
    );
  }

  private get otherNames(): string[] {
    return [...new Set(this.rows.flatMap(({ others }) => Object.keys(others)))];
  }

  private judgeTitle({ title, item }: NamedColumns): MeaningFault | null {
    if (title === undefined || title === item) return null;
    const ofItem = this.pairs(
      (row) => row.item,
      (row) => row.title,
    );
    const ofUser = this.pairs(
      (row) => row.user,
      (row) => row.title,
    );
    const likely = this.otherNames
      .filter((name) => {
        const { repeats, differing, values } = this.pairs(
          (row) => row.item,
          (row) => row.others[name],
        );
        return repeats >= LEAST_REPEATS && differing <= 0.05 && values > 1;
      })
      .filter((name) => TITLE_LIKE.test(name) && !ID.test(name))[0];
    const fix = likely
      ? `${shown(likely)} goes with the item: name that column for title.`
      : 'Join the titles of the items from the file that describes them, and name that column for title; or name the column for item, if that is the wrong one.';
    if (varies(ofItem)) {
      const share = Math.round(100 * ofItem.differing);
      const example = this.exampleOf((row) => row.title);
      const problem = `${shown(title)} does not hold the titles of items: in ${share} % of the rows whose item came before it is another${example}. It seems to be the headline of a review, or the like.`;
      return { column: 'title', problem, fix, grave: true };
    }
    if (belongs(ofUser) && ofItem.repeats < LEAST_REPEATS) {
      const problem = `${shown(title)} goes with the user: it seems to hold the names of users, not the titles of items.`;
      return { column: 'title', problem, fix, grave: true };
    }
    return null;
  }

  private judgeCreator({ by }: NamedColumns): MeaningFault | null {
    if (by === undefined) return null;
    const ofItem = this.pairs(
      (row) => row.item,
      (row) => row.by,
    );
    const ofUser = this.pairs(
      (row) => row.user,
      (row) => row.by,
    );
    if (!varies(ofItem) && !belongs(ofUser)) return null;
    const problem = `${shown(by)} does not hold the creators of items: ${varies(ofItem) ? 'one item has many of them' : 'each user has one'}. It seems to name who rated.`;
    const fix =
      'Rename it in the file, as to reviewer, or leave it out; where it is the user, name it for user. The creator of an item is to be named for by.';
    return { column: 'by', problem, fix, grave: true };
  }

  private judgeUser({ user }: NamedColumns): MeaningFault | null {
    if (user === undefined) return null;
    const users = [...new Set(this.rows.map((row) => row.user))];
    const people = users.filter((name) => NAME_OF_PERSON.test(name)).length;
    const ids = this.otherNames.filter(
      (name) =>
        meansColumn(name, 'user') || (ID.test(name) && /user|reviewer|customer|member|account|profile/i.test(name)),
    );
    const shared = ids.find((name) => {
      const { repeats, differing } = this.pairs(
        (row) => row.user,
        (row) => row.others[name],
      );
      return repeats >= LEAST_REPEATS && differing > 0;
    });
    const named = users.length >= 3 && people >= 0.6 * users.length;
    if (!named && !shared) return null;
    const likely = shared ?? ids[0];
    const why = shared
      ? `${shown(user)} does not tell users apart: one value of it has several of ${shown(shared)}`
      : `${shown(user)} holds people's names, as ${shown(users.find((name) => NAME_OF_PERSON.test(name)))}: two people of one name count as one user`;
    const fix = likely ? `Name ${shown(likely)} for user.` : 'Name a column of ids for user, if there is one.';
    return { column: 'user', problem: `${why}.`, fix, grave: likely !== undefined };
  }

  private exampleOf(value: (row: MeaningRow) => string): string {
    const first = new Map<string, string>();
    for (const row of this.rows) {
      const known = first.get(row.item);
      if (known !== undefined && known !== value(row))
        return `, as ${shown(known)} and ${shown(value(row))} of ${shown(row.item)}`;
      first.set(row.item, known ?? value(row));
    }
    return '';
  }
}
