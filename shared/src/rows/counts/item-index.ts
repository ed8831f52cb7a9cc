// The distinct items of a dataset's rows, for searching: the first of them, up to what fits in memory beside all else.
import type { ItemCounts } from '../../item-opinions.ts';
import { LIMITS } from '../../limits.ts';
import type { Item } from '../../sample.ts';
import type { DatasetItem } from '../../wire/datasets.ts';

export interface ItemIndexState {
  items: DatasetItem[];
  complete: boolean;
}

type Names = Pick<Item, 'title' | 'by'>;

/** What tells an item from others: its id, or what it is called. */
export function keyOfItem(id: string | undefined, { title, by }: Names): string {
  return id ?? `${title}\n${by ?? ''}`;
}

function charactersOf(id: string | undefined, { title, by }: Names): number {
  return title.length + (by?.length ?? 0) + (id?.length ?? 0);
}

export class ItemIndex {
  /** False once there were more items than are kept. */
  complete: boolean;
  private readonly items: Map<string, DatasetItem>;
  private characters = 0;

  constructor(from: ItemIndexState = { items: [], complete: true }) {
    this.complete = from.complete;
    this.items = new Map(from.items.map((item) => [keyOfItem(item.id, item), item]));
    for (const item of from.items) this.characters += charactersOf(item.id, item);
  }

  /** To be called once a row for each item in it. */
  add(key: string, id: string | undefined, names: Names, liked: boolean): void {
    const item = this.items.get(key) ?? this.begin(key, id, names);
    if (!item) return;
    item.rows++;
    if (liked) item.liked++;
  }

  /** What other records tell of it. */
  tell(key: string, { likes, ratings }: ItemCounts): void {
    const item = this.items.get(key);
    if (item) Object.assign(item, { likes, ratings });
  }

  /** What the item was called first, where it is kept. */
  titleOf(key: string): string | undefined {
    return this.items.get(key)?.title;
  }

  private begin(key: string, id: string | undefined, names: Names): DatasetItem | undefined {
    const characters = this.characters + charactersOf(id, names);
    if (this.items.size >= LIMITS.searchedItems || characters > LIMITS.searchedCharacters) {
      this.complete = false;
      return undefined;
    }
    this.characters = characters;
    const { title, by } = names;
    const item = { title, ...(by === undefined ? {} : { by }), ...(id === undefined ? {} : { id }), rows: 0, liked: 0 };
    this.items.set(key, item);
    return item;
  }

  get state(): ItemIndexState {
    return { items: [...this.items.values()], complete: this.complete };
  }

  /** Those in the most rows first, of which other records tell the most ratings; else as they came. */
  ranked(): ItemIndexState {
    const items = [...this.items.values()].sort((a, b) => b.rows - a.rows || (b.ratings ?? 0) - (a.ratings ?? 0));
    return { items, complete: this.complete };
  }
}
