// What is counted while a dataset's rows pass, and what in them looks odd.
import { paperSplitSizes, type Sampling } from '../../interactions.ts';
import { type ItemFact, keysOfFact } from '../../item-facts.ts';
import type { ItemStatistics } from '../../item-opinions.ts';
import { LIMITS } from '../../limits.ts';
import type { Item, Sample } from '../../sample.ts';
import type { DatasetKind, DatasetProfile, DatasetStats } from '../../wire/datasets.ts';
import type { Normalised } from '../checks/row-check.ts';
import { DistinctCounter } from './distinct-counter.ts';
import { FactTotals, type FactTotalsState } from './fact-totals.ts';
import { ItemIndex, type ItemIndexState, keyOfItem } from './item-index.ts';
import { OddTitles, type OddTitlesState } from './odd-titles.ts';
import { RatingCounts, type RatingCountsState } from './rating-counts.ts';
import { RoundedIds, type RoundedIdsState } from './rounded-ids.ts';
import { belowScale, counted, REPEATED } from './tally-words.ts';
import { timeWarnings } from './time-warnings.ts';

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
  /** Ratings that say that there is none. */
  unrated: number;
  /** Rows with text that an earlier conversion has damaged. */
  damaged: number;
  /** Rows with text that was cut. */
  cut: number;
  /** Ratings whose item was called otherwise before. */
  retitled: number;
  /** Samples that interactions will give: positions with a full history before them. */
  samples: number;
  /** Samples by the length of their histories. */
  lengths: number[];
  /** Of Unix times in seconds. */
  earliest: number | null;
  latest: number | null;
}

export interface TallyState {
  counts: Counts;
  ratings: RatingCountsState;
  users: DistinctCounter['table'];
  items: DistinctCounter['table'];
  rows: DistinctCounter['table'];
  index: ItemIndexState;
  titles: OddTitlesState;
  facts: FactTotalsState;
  rounded: RoundedIdsState;
}

/** Text that was read in a wrong encoding before it came here: the character for what is lost, or UTF-8 taken for Latin-1; or half a pair of
 * surrogates, which alone JSON writes as an escape. */
const DAMAGED = /\ufffd|[ÂÃ][\u0080-\u00bf]|â€|(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** Of what a table may have held: a spreadsheet writes no samples. */
function idsOf(checked: Normalised): (string | undefined)[] {
  if (checked.kind === 'interactions') return [checked.row.user, checked.row.item];
  return checked.kind === 'items' || checked.kind === 'item-facts' ? [checked.row.id] : [];
}

export class Tally {
  private readonly kind: DatasetKind;
  private readonly sampling: Sampling;
  private readonly counts: Counts;
  private readonly ratings: RatingCounts;
  private readonly users: DistinctCounter;
  private readonly items: DistinctCounter;
  private readonly seen: DistinctCounter;
  private readonly index: ItemIndex;
  private readonly titles: OddTitles;
  private readonly facts: FactTotals;
  private readonly rounded: RoundedIds;

  constructor(kind: DatasetKind, sampling: Sampling, from?: TallyState) {
    this.kind = kind;
    this.sampling = sampling;
    this.counts = from?.counts ?? {
      rows: 0,
      liked: 0,
      labelled: 0,
      withUser: 0,
      repeated: 0,
      unrated: 0,
      damaged: 0,
      cut: 0,
      retitled: 0,
      samples: 0,
      lengths: new Array(LIMITS.historyItems + 1).fill(0),
      earliest: null,
      latest: null,
    };
    this.ratings = new RatingCounts(sampling.likedAbove, from?.ratings);
    this.users = new DistinctCounter(MAX_DISTINCT, from?.users);
    this.items = new DistinctCounter(MAX_DISTINCT, from?.items);
    this.seen = new DistinctCounter(MAX_DISTINCT, from?.rows);
    this.index = new ItemIndex(from?.index);
    this.titles = new OddTitles(from?.titles);
    this.facts = new FactTotals(from?.facts);
    this.rounded = new RoundedIds(from?.rounded);
  }

  get state(): TallyState {
    const { counts, ratings, users, items, seen, index, titles, facts, rounded } = this;
    const tables = { users: users.table, items: items.table, rows: seen.table };
    const states = { ratings: ratings.state, index: index.state, titles: titles.state, facts: facts.state };
    return { counts, ...tables, ...states, rounded: rounded.state };
  }

  /** @param text the normalised row as it is written */
  add(checked: Normalised, text: string): void {
    const { counts } = this;
    counts.rows++;
    if (DAMAGED.test(text)) counts.damaged++;
    if ('isCut' in checked && checked.isCut) counts.cut++;
    this.rounded.add(...idsOf(checked));
    if (checked.kind === 'interactions') this.titles.add(checked.row.item, checked.row);
    if (checked.kind === 'items') this.titles.add(checked.row.id, checked.row);
    if (checked.kind === 'interactions') this.addInteraction(checked.row);
    else if (checked.kind === 'item-facts') this.addFact(checked.row);
    else if (checked.kind === 'items') {
      if (this.countItem(checked.row.id, checked.row, false) > 1) counts.repeated++;
    } else {
      if (this.seen.add(text) > 1) counts.repeated++;
      if (checked.kind === 'samples') this.addSample(checked.row);
    }
  }

  /** A row that is left out. */
  addUnrated(): void {
    this.counts.unrated++;
  }

  private addSample(row: Sample): void {
    const { counts } = this;
    if (row.liked !== undefined) counts.labelled++;
    if (row.liked) counts.liked++;
    if (row.user !== undefined) {
      counts.withUser++;
      this.users.add(row.user);
    }
    counts.lengths[row.history.length]!++;
    // An item that stands in a row twice is in one row, and liked where it once was.
    const items = new Map<string, { item: Item; liked: boolean }>();
    for (const item of [...row.history, { ...row.target, liked: row.liked === true }]) {
      const key = keyOfItem(item.id, item);
      items.set(key, { item, liked: item.liked || items.get(key)?.liked === true });
    }
    for (const { item, liked } of items.values()) this.countItem(item.id, item, liked);
  }

  private addInteraction(row: Extract<Normalised, { kind: 'interactions' }>['row']): void {
    const { counts } = this;
    counts.labelled++;
    counts.withUser++;
    const liked = row.rating > this.sampling.likedAbove;
    if (liked) counts.liked++;
    this.ratings.add(row.rating);
    if (this.users.add(row.user) > this.sampling.historyLength) counts.samples++;
    this.countItem(row.item, row, liked);
    if ((this.index.titleOf(row.item) ?? row.title) !== row.title) counts.retitled++;
    if (this.seen.add(`${row.user}\n${row.item}`) > 1) counts.repeated++;
    counts.earliest = Math.min(counts.earliest ?? row.time, row.time);
    counts.latest = Math.max(counts.latest ?? row.time, row.time);
  }

  /** One that any of its names has come before counts nothing. */
  private addFact(row: ItemFact): void {
    if (row.title !== undefined) this.titles.add(row.id, { title: row.title });
    const isKnown = keysOfFact(row).map((key) => this.seen.add(key) > 1);
    if (isKnown.includes(true)) {
      this.counts.repeated++;
      return;
    }
    this.facts.add(row);
    const { id, title = id!, by, likes, ratings } = row;
    this.countItem(id, { title, by }, false);
    this.index.tell(keyOfItem(id, { title, by }), { likes, ratings });
  }

  itemStatistics(): ItemStatistics {
    return this.facts.statistics();
  }

  /** @returns in how many rows it has been, or 0 where there were too many items to count */
  private countItem(id: string | undefined, names: Pick<Item, 'title' | 'by'>, liked: boolean): number {
    const key = keyOfItem(id, names);
    this.index.add(key, id, names, liked);
    return this.items.add(key);
  }

  /** The items, those in the most rows first. */
  rankedItems(): ItemIndexState {
    return this.index.ranked();
  }

  get rows(): number {
    return this.counts.rows;
  }

  /** With those that are not rated. */
  get read(): number {
    return this.counts.rows + this.counts.unrated;
  }

  stats(): Omit<DatasetStats, 'unusable'> {
    const { rows, labelled, liked, withUser } = this.counts;
    return {
      rows,
      users: withUser > 0 && withUser === rows ? this.users.size : null,
      items: this.items.size === 0 ? null : this.items.size,
      likedShare: labelled > 0 ? liked / labelled : this.facts.likedShare,
      labelled,
      profile: this.profile(),
    };
  }

  private profile(): DatasetProfile {
    const { kind, counts, users, items } = this;
    const rated = kind === 'interactions';
    const lengths = counts.lengths.map((count, length) => ({ from: length, to: length, count }));
    return {
      ratings: rated ? this.ratings.bins() : null,
      historyLengths: rated ? users.bins() : kind === 'samples' ? lengths.filter(({ count }) => count > 0) : null,
      itemRows: rated || kind === 'samples' ? items.bins() : null,
      split: rated && !users.full ? paperSplitSizes(counts.samples, this.sampling) : null,
    };
  }

  /** @param whole whether all rows were counted: of a part there is nothing odd in what it lacks */
  warnings(whole = true): string[] {
    const { kind, counts, sampling } = this;
    const found: string[] = [];
    const { users, likedShare } = this.stats();
    if (counts.damaged > 0) {
      found.push(
        `${counted(counts.damaged, 'row holds', 'rows hold')} characters that an earlier conversion has damaged, such as \ufffd, Ã© or half of a character (\\ud83d in JSON): make the file again from its source.`,
      );
    }
    found.push(...this.rounded.warnings());
    found.push(...this.titles.warnings());
    const cut = this.cutWarning();
    if (cut) found.push(cut);
    if (counts.retitled > 0) {
      found.push(
        `${counted(counts.retitled, 'rating calls its item', 'ratings call their items')} by another title than before: each keeps its own.`,
      );
    }
    if (counts.unrated > 0) {
      const left = counted(counts.unrated, 'row with the rating', 'rows with the rating');
      found.push(`${left} ${sampling.unrated} ${counts.unrated === 1 ? 'is' : 'are'} not rated and left out.`);
    }
    const isScale = kind === 'interactions' && sampling.unrated === undefined;
    const unrated = isScale ? belowScale(this.ratings.bins()) : null;
    if (unrated) found.push(unrated);
    if (!whole) return found;
    if (counts.repeated > 0) {
      const table = kind === 'items' ? this.items : this.seen;
      const scope = table.full ? ` (counted against the first ${MAX_DISTINCT} only)` : '';
      found.push(`${REPEATED[kind](counts.repeated)}${scope}.`);
    }
    if (kind === 'samples' && counts.labelled < counts.rows) {
      const unlabelled = counts.rows - counts.labelled;
      found.push(
        unlabelled === 1
          ? '1 row does not say what was liked: it can only be scored.'
          : `${unlabelled} rows do not say what was liked: they can only be scored.`,
      );
    }
    if (counts.labelled > 0 && (likedShare === 1 || likedShare === 0)) {
      const cause =
        kind === 'interactions' ? ` when ratings above ${sampling.likedAbove} are likes: choose another threshold` : '';
      found.push(`${likedShare === 1 ? 'Every' : 'No'} row counts as liked${cause}. An AUC needs both.`);
    }
    if (users !== null && users < FEW_USERS) {
      found.push(
        `There ${users === 1 ? 'is only 1 user' : `are only ${users} users`}: figures about them will be uncertain.`,
      );
    }
    if (kind === 'interactions') found.push(...this.samplingWarnings());
    return found;
  }

  cutWarning(): string | null {
    const { cut } = this.counts;
    if (cut === 0) return null;
    const rows = counted(cut, 'row has a title or creator', 'rows have titles or creators');
    return `${rows} of more than ${LIMITS.titleCharacters} characters, cut off there.`;
  }

  private samplingWarnings(): string[] {
    const { samples } = this.counts;
    const { historyLength } = this.sampling;
    const found: string[] = [];
    found.push(...timeWarnings(this.counts));
    if (this.users.full) return found;
    if (samples === 0) {
      const ratings = historyLength === 1 ? '1 rating' : `${historyLength} ratings`;
      found.push(`No user has more than ${ratings}, so no sample can be made: choose a shorter history.`);
    } else if (samples < FEW_SAMPLES) {
      const made = counted(samples, 'sample', 'samples');
      found.push(`Only ${made} can be made with a history of ${counted(historyLength, 'item', 'items')}.`);
    }
    return found;
  }
}
