// Which runs are compared, as the address of the page says it.

export interface Chosen {
  tunings: string[];
  evaluations: string[];
}

export const MOST_RUNS = 12;

export interface CompareSearch {
  tunings?: string | undefined;
  evaluations?: string | undefined;
}

const ID = /^(tun|eval)_[0-9a-hjkmnp-tv-z]{26}$/;

/** What is no id is left out, and so is what is too many. */
export function chosenIn({ tunings, evaluations }: CompareSearch): Chosen {
  const ids = (text: string | undefined, prefix: string) => [
    ...new Set((text ?? '').split(',').filter((id) => ID.test(id) && id.startsWith(prefix))),
  ];
  const ofTunings = ids(tunings, 'tun_').slice(0, MOST_RUNS);
  return { tunings: ofTunings, evaluations: ids(evaluations, 'eval_').slice(0, MOST_RUNS - ofTunings.length) };
}

export function searchOf({ tunings, evaluations }: Chosen): CompareSearch {
  const text = (ids: readonly string[]) => (ids.length > 0 ? ids.join(',') : undefined);
  return { tunings: text(tunings), evaluations: text(evaluations) };
}
