// By how much one scoring of some rows passes others, draw by draw, and what that allows to be said.
import { type Draws, percentileInterval } from '@tallrec/shared/metrics';
import { judgesByUsers, sideOf } from '@tallrec/shared/verdict';
import type { BothDifferences, Differences, JudgedDifference } from '@tallrec/shared/wire/evaluations';

/** A scoring over all rows, or within users. */
export interface DrawnAuc {
  auc: number | null;
  draws: readonly number[];
}

/** What may be said of any: one scoring's, and what it has to beat. */
export interface Drawn {
  all: DrawnAuc;
  within: DrawnAuc;
}

export interface Rivals {
  rule: Drawn;
  popularity: Drawn | undefined;
  untuned: Drawn | undefined;
}

/**
 * @param users that have both a liked and a disliked row
 * @param resampled by what the draws over all rows, and within users, were made
 */
export function differencesOf(
  own: Drawn,
  { rule, popularity, untuned }: Rivals,
  { users, resampled }: { users: number; resampled: { all: Draws['resampled']; within: Draws['resampled'] } },
): Differences {
  const difference = (a: DrawnAuc, b: DrawnAuc, by: Draws['resampled']): JudgedDifference | null => {
    const interval = percentileInterval(
      a.draws.map((draw, at) => draw - b.draws[at]!),
      { resampled: by },
    );
    if (!interval || a.auc === null || b.auc === null) return null;
    const verdict = judgesByUsers({ users, interval }) ? sideOf(interval) : 'unknown';
    return { value: a.auc - b.auc, ...interval, verdict };
  };
  const over = (rival: Drawn): BothDifferences => ({
    all: difference(own.all, rival.all, resampled.all),
    withinUsers: difference(own.within, rival.within, resampled.within),
  });
  return {
    rule: over(rule),
    popularity: popularity ? over(popularity) : null,
    untuned: untuned ? over(untuned) : null,
  };
}
