// Where requests of a workspace go, as this isolate has lately found it in the record. What changes here is forgotten at once; what
// changes in another isolate (an alias that moves, an adapter that is deleted, a node that comes, goes or is drained) is known here
// a second later. A node that is gone says so itself, and then another is asked.
import type { JobAdapter } from '@tallrec/shared/wire/link';
import type { Deps } from '../deps.ts';
import { findRoute, type Route } from '../repo/routing.ts';
import { signedAdapter } from './adapters.ts';
import { Known } from './known.ts';

const KNOWN_FOR_MS = 1000;
/** From then on one request asks again, while the others go on with what is known. */
const FRESH_FOR_MS = 500;

export interface KnownRoute extends Route {
  /** The adapter as a node needs it. */
  signed: JobAdapter | null;
  freshUntilMs: number;
}

const known = new Known<KnownRoute>(KNOWN_FOR_MS, 1000);

const nameOf = (workspace: string, ref: string | null) => `${workspace} ${ref ?? ''}`;

export function recallRoute(workspace: string, ref: string | null, nowMs: number): KnownRoute | undefined {
  const route = known.recall(nameOf(workspace, ref), nowMs);
  if (!route || nowMs < route.freshUntilMs) return route;
  route.freshUntilMs = Number.POSITIVE_INFINITY;
  return undefined;
}

export async function lookUpRoute(
  deps: Pick<Deps, 'db' | 'clock' | 'signing'>,
  workspace: string,
  ref: string | null,
): Promise<KnownRoute> {
  const [asOf, nowMs] = [known.asOf(), deps.clock.nowMs()];
  const { nodes, adapter } = await findRoute(deps.db, workspace, ref);
  const signed = adapter ? await signedAdapter(deps, adapter) : null;
  const route = { nodes, adapter, signed, freshUntilMs: nowMs + FRESH_FOR_MS };
  known.remember(nameOf(workspace, ref), route, nowMs, asOf);
  return route;
}

/** @param workspace whose adapters or aliases have changed */
export function forgetRoutesOf(workspace: string): void {
  known.forget((_, name) => name.startsWith(`${workspace} `));
}

/** A node has changed: one of the operator's is on the way of every workspace. */
export function forgetRoutes(): void {
  known.forget(() => true);
}
