// The pages that the session may see.
import type { Scope } from '@tallrec/shared/wire/keys';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { LinkNav } from '../parts/links.tsx';
import { includesScope, sessionQuery } from '../queries/session.ts';
import { texts } from '../texts.ts';

interface Entry {
  to: string;
  label: string;
  scope: Scope;
  /** Pages that belong to it beside those below its own. */
  also?: string;
}

const PAGES = [
  { to: '/datasets', label: texts.navigation.datasets, scope: 'read' },
  { to: '/tunings', label: texts.navigation.tunings, scope: 'read' },
  { to: '/evaluations', label: texts.navigation.evaluations, scope: 'read' },
  { to: '/compare', label: texts.navigation.compare, scope: 'read' },
  { to: '/experiments', label: texts.navigation.experiments, scope: 'read' },
  { to: '/adapters', label: texts.navigation.adapters, scope: 'read', also: '/aliases' },
  { to: '/playground', label: texts.navigation.playground, scope: 'score' },
  { to: '/scorings', label: texts.navigation.scorings, scope: 'read' },
  { to: '/nodes', label: texts.navigation.nodes, scope: 'read' },
  { to: '/keys', label: texts.navigation.keys, scope: 'admin' },
  { to: '/audit', label: texts.navigation.audit, scope: 'admin' },
] as const satisfies readonly Entry[];

export function Navigation() {
  const { data: session } = useQuery(sessionQuery);
  const { pathname } = useLocation();
  const scopes = session?.scopes ?? [];
  const may = (scope: Scope) => includesScope(scopes, scope);
  const isBelow = (page: string) => pathname === page || pathname.startsWith(`${page}/`);
  return PAGES.filter(({ scope }) => may('read') && may(scope)).map((entry: Entry) => {
    const { to, label, also } = entry;
    const active = isBelow(to) || (also !== undefined && isBelow(also));
    return <LinkNav key={to} to={to} label={label} active={active} {...(active ? { 'aria-current': 'page' } : {})} />;
  });
}
