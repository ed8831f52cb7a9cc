// A dataset as the option of a field: its name, what it is, how much of it there is.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { isolated } from '../texts/isolated.ts';
import { texts } from '../texts.ts';
import { formatNumber } from './formats.tsx';

export function datasetOption({ id, name, kind, stats }: Dataset): { value: string; label: string } {
  const rows = stats ? `, ${texts.tuningForm.rows(formatNumber(stats.rows))}` : '';
  return { value: id, label: `${isolated(name)} (${texts.datasets.kinds[kind]}${rows})` };
}
