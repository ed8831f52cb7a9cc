// What the figures of a report allow to be said of it: the one rule by which anything is called better or worse.
import { type Interval, MIN_RESAMPLED_USERS } from './metrics.ts';

export interface Judged {
  auc: number | null;
  /** Users that have both a liked and a disliked row. */
  users: number;
  interval: Interval | null;
  /** By how much it passes the rule; null in reports of older nodes. */
  overRule: { auc: (Interval & { value: number }) | null } | null;
}

/** Of what it is compared with. */
export type Side = 'better' | 'level' | 'worse';

/**
 * - `better`, `worse`: than the rule, by an interval over users that does not hold zero
 * - `level`: it does hold zero
 * - `few-users`: there are too few users to say, whatever the figures are
 * - `unknown`: it has no AUC, or no interval of the difference
 */
export type Verdict = Side | 'few-users' | 'unknown';

/** Whether its intervals are over users, and of enough of them: those over single rows are narrower than they should be. */
export function judgesByUsers({ users, interval }: Pick<Judged, 'users' | 'interval'>): boolean {
  return users >= MIN_RESAMPLED_USERS && interval?.resampled === 'users';
}

export function verdictOf({ auc, users, interval, overRule }: Judged): Verdict {
  const difference = overRule?.auc;
  if (auc === null || !difference) return 'unknown';
  if (!judgesByUsers({ users, interval })) return 'few-users';
  return sideOf(difference);
}

/** @param difference the ends of its interval */
export function sideOf({ low, high }: Pick<Interval, 'low' | 'high'>): Side {
  if (low > 0) return 'better';
  return high < 0 ? 'worse' : 'level';
}

/** The interval of its AUC, where it may be read as one over users. */
export function usersInterval({ users, interval }: Pick<Judged, 'users' | 'interval'>): Interval | null {
  return judgesByUsers({ users, interval }) ? interval : null;
}

/** Further below one half than what is no ranking at all would often be. */
const BACKWARDS_AUC = 0.45;

/** Whether it rather ranks what was disliked above what was liked. */
export function ranksBackwards(auc: number | null): boolean {
  return auc !== null && auc < BACKWARDS_AUC;
}
