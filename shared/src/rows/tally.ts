// What is counted while a dataset's rows pass, and what in them looks odd.
import type { Sampling } from '../interactions.ts';
import type { Item, Sample } from '../sample.ts';
import type { DatasetStats } from '../wire/datasets.ts';
import { DistinctCounter } from './distinct-counter.ts';
import type { Normalised } from './row-check.ts';

/** Three tables of it take 38 MB at most. */
const MAX_DISTINCT = 500_000;
const FEW_USERS = 10;
const FEW_SAMPLES = 100;

interface Counts {
  rows: number;
  liked: number;
  labelled: number;
  /** Rows that name a user. */
  withUser: number;
  repeated: number;
  /** Samples that interactions will give: positions with a full history before them. */
  samples: number;
  firstTime: number | null;
  sameTime: boolean;
}

export interface TallyState {
  counts: Counts;
  users: DistinctCounter['table'];
  items: DistinctCounter['table'];
  rows: DistinctCounter['table'];
}

const REPEATED: Record<Normalised['kind'], string> = {
  interactions: 'ratings are of an item that the same user has rated before',
  samples: 'rows are repeated',
  instructions: 'rows are repeated',
  items: 'rows are of an item that has come before',
};

const idOf = (item: Item) => item.id ?? `${item.title}\n${item.by ?? ''}`;

export class Tally {
  private readonly sampling: Sampling;
  private readonly counts: Counts;
  private readonly users: DistinctCounter;
  private readonly items: DistinctCounter;
  private readonly seen: DistinctCounter;

  constructor(sampling: Sampling, from?: TallyState) {
    this.sampling = sampling;
    this.counts = from?.counts ?? {
      rows: 0,
      liked: 0,
      labelled: 0,
      withUser: 0,
      repeated: 0,
      samples: 0,
      firstTime: null,
      sameTime: true,
    };
    this.users = new DistinctCounter(MAX_DISTINCT, from?.users);
    this.items = new DistinctCounter(MAX_DISTINCT, from?.items);
    this.seen = new DistinctCounter(MAX_DISTINCT, from?.rows);
  }

  get state(): TallyState {
    return { counts: this.counts, users: this.users.table, items: this.items.table, rows: this.seen.table };
  }

  /** @param text the normalised row as it is written */
  add(checked: Normalised, text: string): void {
    const { counts } = this;
    counts.rows++;
    if (checked.kind === 'interactions') this.addInteraction(checked.row);
    else if (checked.kind === 'items') {
      if (this.items.add(idOf(checked.row)) > 1) counts.repeated++;
    } else {
      if (this.seen.add(text) > 1) counts.repeated++;
      if (checked.kind === 'samples') this.addSample(checked.row);
    }
  }

  private addSample(row: Sample): void {
    const { counts } = this;
    if (row.liked !== undefined) counts.labelled++;
    if (row.liked) counts.liked++;
    if (row.user !== undefined) {
      counts.withUser++;
      this.users.add(row.user);
    }
    for (const item of row.history) this.items.add(idOf(item));
    this.items.add(idOf(row.target));
  }

  private addInteraction(row: Extract<Normalised, { kind: 'interactions' }>['row']): void {
    const { counts } = this;
    counts.labelled++;
    counts.withUser++;
    if (row.rating > this.sampling.likedAbove) counts.liked++;
    if (this.users.add(row.user) > this.sampling.historyLength) counts.samples++;
    this.items.add(row.item);
    if (this.seen.add(`${row.user}\n${row.item}`) > 1) counts.repeated++;
    counts.firstTime ??= row.time;
    if (row.time !== counts.firstTime) counts.sameTime = false;
  }

  get rows(): number {
    return this.counts.rows;
  }

  stats(): DatasetStats {
    const { rows, labelled, liked, withUser } = this.counts;
    return {
      rows,
      users: withUser > 0 && withUser === rows ? this.users.size : null,
      items: this.items.size === 0 ? null : this.items.size,
      likedShare: labelled > 0 ? liked / labelled : null,
      labelled,
      profile: null,
    };
  }

  /** @param whole whether all rows were counted: of a part there is nothing odd in what it lacks */
  warnings(kind: Normalised['kind'], unusedColumns: readonly string[], whole = true): string[] {
    const { counts, sampling } = this;
    const found: string[] = [];
    const { users, likedShare } = this.stats();
    if (unusedColumns.length > 0) found.push(`These columns are not used: ${unusedColumns.slice(0, 20).join(', ')}.`);
    if (!whole) return found;
    if (counts.repeated > 0) {
      const table = kind === 'items' ? this.items : this.seen;
      const scope = table.full ? ` (counted against the first ${MAX_DISTINCT} only)` : '';
      found.push(`${counts.repeated} ${REPEATED[kind]}${scope}.`);
    }
    if (kind === 'samples' && counts.labelled < counts.rows) {
      found.push(`${counts.rows - counts.labelled} rows do not say what was liked: they can only be scored.`);
    }
    if (likedShare === 1 || likedShare === 0) {
      const cause =
        kind === 'interactions'
          ? ` at likedAbove ${sampling.likedAbove}; create the dataset with another threshold`
          : '';
      found.push(`${likedShare === 1 ? 'Every' : 'No'} row counts as liked${cause}: an AUC needs both.`);
    }
    if (users !== null && users < FEW_USERS) {
      found.push(`There are only ${users} users: figures about them will be uncertain.`);
    }
    if (kind === 'interactions') found.push(...this.samplingWarnings());
    return found;
  }

  private samplingWarnings(): string[] {
    const { samples, sameTime, rows } = this.counts;
    const { historyLength } = this.sampling;
    const found: string[] = [];
    if (sameTime && rows > 1) found.push('All times are equal: histories keep the order of the file.');
    if (this.users.full) return found;
    if (samples === 0) {
      found.push(
        `No user has more than ${historyLength} ratings, so no sample can be made; create the dataset with a smaller historyLength.`,
      );
    } else if (samples < FEW_SAMPLES) {
      found.push(`Only ${samples} samples can be made with a historyLength of ${historyLength}.`);
    }
    return found;
  }
}
