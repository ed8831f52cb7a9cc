// A tuning as the API shows it.
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { TuningRow } from '../../repo/tunings.ts';

export function toTuning(row: TuningRow): Tuning {
  const { attempts, instance, createdAt, updatedAt, ...shown } = row;
  return { ...shown, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() };
}
