// What is counted while a dataset's rows pass, and what in them looks odd.
import type { Sampling } from '@tallrec/shared/interactions';
import type { Item, Sample } from '@tallrec/shared/sample';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Normalised } from './rows.ts';

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

  stats(): NonNullable<Dataset['stats']> {
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

  warnings(kind: Normalised['kind'], unusedColumns: readonly string[]): string[] {
    const { counts, sampling } = this;
    const found: string[] = [];
    const { users, likedShare } = this.stats();
    if (unusedColumns.length > 0) found.push(`These columns are not used: ${unusedColumns.slice(0, 20).join(', ')}.`);
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

/** Public-domain cyrb53: two 32-bit multiply-xor lanes. @returns an integer from 1 to 2^53 */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1;
}

const FIRST_SLOTS = 1024;

/**
 * Counts distinct strings exactly in bounded memory: an open-addressed table of 53-bit hashes with a count for each. With half a
 * million entries two of them share a hash with a probability of 1 in 70,000. Memory: 12 bytes a slot, at most half of the slots used.
 */
export class DistinctCounter {
  private hashes: Float64Array;
  private counts: Uint32Array;
  private used: number;
  private readonly maxEntries: number;
  /** Set when there were more than `maxEntries`: new strings are passed over from then on. */
  full = false;

  constructor(maxEntries: number, from?: { hashes: Float64Array; counts: Uint32Array; full: boolean }) {
    this.maxEntries = maxEntries;
    this.hashes = from?.hashes ?? new Float64Array(FIRST_SLOTS);
    this.counts = from?.counts ?? new Uint32Array(FIRST_SLOTS);
    this.full = from?.full ?? false;
    this.used = this.hashes.reduce((sum, hash) => sum + (hash === 0 ? 0 : 1), 0);
  }

  /** Null when there were too many to count. */
  get size(): number | null {
    return this.full ? null : this.used;
  }

  /** @returns how often this string has come, or 0 when the table is full and does not hold it */
  add(text: string): number {
    const hash = hash53(text);
    let slot = this.slotOf(hash);
    if (this.hashes[slot] === 0) {
      if (this.used >= this.maxEntries) {
        this.full = true;
        return 0;
      }
      if (this.used * 2 >= this.hashes.length) {
        this.grow();
        slot = this.slotOf(hash);
      }
      this.hashes[slot] = hash;
      this.used++;
    }
    this.counts[slot]!++;
    return this.counts[slot]!;
  }

  /** The table itself, to be kept and handed to a new counter. */
  get table(): { hashes: Float64Array; counts: Uint32Array; full: boolean } {
    return { hashes: this.hashes, counts: this.counts, full: this.full };
  }

  private slotOf(hash: number): number {
    const mask = this.hashes.length - 1;
    let slot = (hash >>> 0) & mask;
    while (this.hashes[slot] !== 0 && this.hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { hashes, counts } = this;
    this.hashes = new Float64Array(hashes.length * 2);
    this.counts = new Uint32Array(hashes.length * 2);
    for (let at = 0; at < hashes.length; at++) {
      if (hashes[at] === 0) continue;
      const slot = this.slotOf(hashes[at]!);
      this.hashes[slot] = hashes[at]!;
      this.counts[slot] = counts[at]!;
    }
  }
}
