// Where several tunings are shown side by side.
import type { Tuning } from '@tallrec/shared/wire/tunings';

export function compareHref(tunings: readonly Pick<Tuning, 'id'>[]): string {
  return `/compare?tunings=${tunings.map(({ id }) => id).join(',')}`;
}
