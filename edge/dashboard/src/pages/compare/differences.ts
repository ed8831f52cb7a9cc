// The settings of runs in words, those that differ apart from those that are the same.
import { methodNamed } from '@tallrec/shared/methods';
import { settingText } from '../../parts/setting-text.ts';
import { texts } from '../../texts.ts';
import type { Run } from './runs.ts';

const words = texts.compare.settings;
const settingWords: Record<string, { label: string } | Record<string, string> | undefined> = texts.settings;

export type Settings = ReadonlyMap<string, string>;

export interface SettingRow {
  key: string;
  label: string;
  /** One a run, in their order; null where a run has no such setting. */
  values: (string | null)[];
  differs: boolean;
}

/** @param nameOf a dataset's or an adapter's */
export function settingsOf(
  { kind, tuning, evaluations, method, shots, seed }: Run,
  nameOf: (id: string) => string,
): Settings {
  const [evaluation] = evaluations;
  const found = new Map<string, string>();
  const add = (key: string, value: string | number | boolean | readonly string[] | null | undefined) => {
    if (value !== null && value !== undefined) found.set(key, settingText(key, value));
  };
  const data = (key: string, id: string | null | undefined) => add(key, id && nameOf(id));
  add('kind', words.kinds[kind]);
  add('method', method && methodNamed(method).title);
  add('model', tuning?.model ?? evaluation?.model);
  const source = tuning ?? (kind === 'method' ? evaluation : undefined);
  if (!source) {
    add('template', evaluation?.template);
    return found;
  }
  data('trainDataset', tuning ? tuning.dataset : evaluation?.trainDataset);
  data('validDataset', source.validDataset);
  data('items', source.items?.dataset);
  data('initAdapter', tuning?.initAdapter);
  data('instructionsDataset', tuning ? null : evaluation?.instructionsDataset);
  // Of what learns, no number means all.
  const learns = tuning !== null || (method !== null && !methodNamed(method).shotless);
  if (learns) add('shots', shots ?? words.allShots);
  add('seed', seed);
  add('template', tuning?.settings.template ?? evaluation?.template);
  for (const [name, value] of Object.entries(tuning?.settings.hyperParameters ?? evaluation?.hyperParameters ?? {})) {
    add(name, value);
  }
  return found;
}

const LABELS: Record<string, string> = {
  kind: words.kind,
  method: words.method,
  trainDataset: words.trainDataset,
  instructionsDataset: words.instructionsDataset,
};

export const settingLabel = (key: string): string => LABELS[key] ?? settingWords[key]?.label ?? key;

/** What a run has no use for is no difference: two that have a setting have to disagree. */
export function settingRows(settings: readonly Settings[]): SettingRow[] {
  const keys = [...new Set(settings.flatMap((own) => [...own.keys()]))];
  return keys.map((key) => {
    const values = settings.map((own) => own.get(key) ?? null);
    const distinct = new Set(values.filter((value) => value !== null));
    return { key, label: settingLabel(key), values, differs: distinct.size > 1 };
  });
}

/** Names what is alike but for some settings. */
export function keyWithout(settings: Settings, left: readonly string[]): string {
  return JSON.stringify([...settings].filter(([key]) => !left.includes(key)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What sets groups of runs apart from each other, for each in words. */
export function namesApart(groups: readonly Settings[], left: readonly string[]): string[] {
  const differing = settingRows(groups).filter(({ key, differs }) => differs && !left.includes(key) && key !== 'kind');
  return groups.map((own) => {
    const method = own.get('method') ?? own.get('kind') ?? '';
    const others = differing
      .filter(({ key }) => key !== 'method')
      .flatMap(({ key, label }) => (own.has(key) ? [`${label} ${own.get(key)}`] : []));
    return [method, ...others].join(', ');
  });
}
