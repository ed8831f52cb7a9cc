// What the keys of rows that are objects mean.
import { type ColumnMap, type Layout, mapColumns, type NamedColumns } from './columns.ts';

const MOST_KEPT = 100;

/** Rows mostly have the same keys: what those mean is found out once. */
export class KeyMaps {
  private readonly layout: Layout;
  private readonly named: NamedColumns | null;
  private readonly known = new Map<string, ColumnMap>();

  constructor(layout: Layout, named: NamedColumns | null) {
    this.layout = layout;
    this.named = named;
  }

  of(keys: readonly string[]): ColumnMap {
    const signature = keys.join('\n');
    const known = this.known.get(signature);
    if (known) return known;
    const map = mapColumns(keys, this.layout, this.named);
    if (this.known.size < MOST_KEPT) this.known.set(signature, map);
    return map;
  }
}
