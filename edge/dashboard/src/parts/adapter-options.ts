// Adapters as the options of a field: aliases first, since they go on to be right when a better one comes.
import type { Adapter } from '@tallrec/shared/wire/adapters';
import { texts } from '../texts.ts';
import { shortHash } from './formats.tsx';

const words = texts.adapters.options;

/** @param ref a content hash or an alias */
export function findByRef(adapters: readonly Adapter[], ref: string | null | undefined): Adapter | undefined {
  return adapters.find(({ id, aliases }) => ref === id || (ref != null && aliases.includes(ref)));
}

interface Option {
  value: string;
  label: string;
}

/**
 * @param model whose adapters are meant; null for those of all
 * @param chosen stays among the options whatever it is
 */
export function adapterOptions(adapters: readonly Adapter[], model: string | null, chosen?: string | null) {
  const fitting = adapters.filter((adapter) => model === null || adapter.model === model);
  const aliases: Option[] = fitting
    .flatMap(({ name, aliases: names }) => names.map((alias) => ({ value: alias, label: words.alias(alias, name) })))
    .sort((a, b) => a.value.localeCompare(b.value));
  const themselves: Option[] = fitting.map(({ id, name }) => ({
    value: id,
    label: words.adapter(name, shortHash(id)),
  }));
  const known = [...aliases, ...themselves].some(({ value }) => value === chosen);
  const other: Option[] = chosen == null || chosen === '' || known ? [] : [{ value: chosen, label: chosen }];
  return [
    { group: words.aliases, items: aliases },
    { group: words.adapters, items: [...themselves, ...other] },
  ].filter(({ items }) => items.length > 0);
}
