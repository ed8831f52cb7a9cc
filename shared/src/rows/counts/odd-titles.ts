// Titles that tell a model nothing, or hold what is no part of a title.
import type { Item } from '../../sample.ts';
import { shown } from '../row-fault.ts';

const CHECKS = {
  ids: (title: string, id: string | undefined) => title === id,
  addresses: (title: string) => /^(?:https?:\/\/|www\.)\S+$/i.test(title),
  absent: (title: string) => /^(?:nan|null|none|n\/a|<na>|undefined)$/i.test(title),
  entities: (title: string) => /&(?:amp|lt|gt|quot|apos|nbsp|[a-z]{3,8}|#\d{1,6}|#x[\da-f]{1,5});/i.test(title),
  controls: (title: string) => /(?![\t\r\n])\p{Cc}/u.test(title),
  bidi: (title: string) => /[\u202a-\u202e\u2066-\u2069]/.test(title),
};
type Check = keyof typeof CHECKS;

const WORDS: Record<Check, string> = {
  ids: 'have the id of the item for a title, which tells a model nothing: name the column that holds titles.',
  addresses: 'have an address of the web for a title: name the column that holds titles.',
  absent: 'have a title that says there is none: leave these rows out, or give the item its title.',
  entities: 'hold entities of HTML in titles, such as &amp; for &: decode them first (in Python html.unescape).',
  controls: 'hold control characters in titles, which prompts leave out: they may come from a terminal.',
  bidi: 'hold marks in titles that turn the direction of text, so that people read another title than the model: take them out.',
};
/** Names of films too, as of Fritz Lang's `M` by its id: a few say nothing. */
const LEAST_SHARE: Record<Check, number> = { ids: 0.2, addresses: 0.2, absent: 0, entities: 0, controls: 0, bidi: 0 };

export interface OddTitlesState {
  rows: number;
  counts: Record<Check, number>;
  examples: Partial<Record<Check, string>>;
  /** Null before the first row, and once there were two. */
  only: { id: string; title: string; ids: number } | null;
}

export class OddTitles {
  readonly state: OddTitlesState;

  constructor(from?: OddTitlesState) {
    const counts = { ids: 0, addresses: 0, absent: 0, entities: 0, controls: 0, bidi: 0 };
    this.state = from ?? { rows: 0, counts, examples: {}, only: null };
  }

  add(id: string | undefined, { title }: Pick<Item, 'title'>): void {
    const { state } = this;
    state.rows++;
    for (const check of Object.keys(CHECKS) as Check[]) {
      if (!CHECKS[check](title, id)) continue;
      state.counts[check]++;
      state.examples[check] ??= title;
    }
    this.compare(id ?? title, title);
  }

  private compare(id: string, title: string): void {
    const { state } = this;
    if (state.rows === 1) state.only = { id, title, ids: 1 };
    else if (state.only && state.only.title !== title) state.only = null;
    else if (state.only && state.only.id !== id) state.only = { id, title, ids: state.only.ids + 1 };
  }

  warnings(): string[] {
    const { rows, counts, examples, only } = this.state;
    const found = (Object.keys(CHECKS) as Check[])
      .filter((check) => counts[check] > LEAST_SHARE[check] * rows)
      .map((check) => {
        const count = counts[check] === 1 ? '1 row' : `${counts[check]} rows`;
        return `${count} (as with ${shown(examples[check])}) ${counts[check] === 1 ? WORDS[check].replace(/^have/, 'has').replace(/^hold/, 'holds') : WORDS[check]}`;
      });
    if (only && only.ids > 1)
      found.push(`All items have the title ${shown(only.title)}: a model cannot tell them apart.`);
    return found;
  }
}
