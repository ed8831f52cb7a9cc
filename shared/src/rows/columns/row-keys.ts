// The keys of rows that are objects: which there are, which of them mean nothing, and which were named and never came.
import type { DatasetKind } from '../../wire/datasets.ts';
import type { RowFault } from '../row-fault.ts';
import { type Column, type ColumnMap, isTableKind, type Layout, type NamedColumns, namesOf } from './columns.ts';
import { KeyMaps } from './key-maps.ts';

const MAX_NAMES = 1000;

/** The fields of rows that are no tables. */
const FIELDS: Record<'samples' | 'instructions', readonly string[]> = {
  samples: ['user', 'noun', 'history', 'target', 'liked'],
  instructions: ['instruction', 'input', 'output'],
};
/** What a table of such rows has in its header. */
export const INSTRUCTION_FIELDS = FIELDS.instructions;

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

export interface RowKeysState {
  names: string[];
  unused: string[];
  unseen: Column[];
}

export class RowKeys {
  /** All that there were. */
  readonly names: Set<string>;
  /** Those of values that nothing is made of. */
  readonly unused: Set<string>;
  /** Columns that were named and have been in no row yet. */
  private readonly unseen: Set<Column>;
  private readonly kind: DatasetKind;
  private readonly named: NamedColumns | null;
  private readonly maps: KeyMaps;

  /** @param layout null for rows that are no tables */
  constructor(kind: DatasetKind, layout: Layout | null, named: NamedColumns | null, from?: RowKeysState) {
    this.kind = kind;
    this.maps = new KeyMaps(layout ?? { columns: [], optional: [] }, named);
    this.named = named;
    this.names = new Set(from?.names);
    this.unused = new Set(from?.unused);
    this.unseen = new Set(from?.unseen ?? (Object.keys(named ?? {}) as Column[]));
  }

  get state(): RowKeysState {
    return { names: [...this.names], unused: [...this.unused], unseen: [...this.unseen] };
  }

  add(value: unknown): void {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
    const row = value as Record<string, unknown>;
    for (const column of this.unseen) if (Object.hasOwn(row, this.named![column]!)) this.unseen.delete(column);
    const keys = Object.keys(row);
    for (const key of keys) if (this.names.size < MAX_NAMES) this.names.add(key);
    for (const key of this.strangers(keys)) {
      if (this.unused.size < MAX_NAMES && !isEmpty(row[key])) this.unused.add(key);
    }
  }

  /** Of each column that was named after a key that no row has. */
  unseenFaults(): RowFault[] {
    return [...this.unseen].map((column) => ({
      column,
      problem: `No row has the key ${JSON.stringify(this.named?.[column])}, which was named for ${column}.`,
      fix: `Name the key that holds it, or none to have it guessed by such names as ${namesOf(column)}.`,
    }));
  }

  mapped(names: readonly string[]): ColumnMap {
    return this.maps.of(names);
  }

  private strangers(keys: readonly string[]): readonly string[] {
    if (!isTableKind(this.kind)) {
      const known = FIELDS[this.kind === 'samples' && !keys.includes('instruction') ? 'samples' : 'instructions'];
      return keys.filter((key) => !known.includes(key));
    }
    return this.maps.of(keys).unused;
  }
}
