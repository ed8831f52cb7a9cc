// The pages that the session may see.
import type { Scope } from '@tallrec/shared/wire/keys';
import { useQuery } from '@tanstack/react-query';
import { LinkNav } from '../parts/links.tsx';
import { includesScope, sessionQuery } from '../queries/session.ts';
import { texts } from '../texts.ts';

const PAGES = [
  { to: '/datasets', label: texts.navigation.datasets, scope: 'read' },
  { to: '/tunings', label: texts.navigation.tunings, scope: 'read' },
  { to: '/nodes', label: texts.navigation.nodes, scope: 'read' },
  { to: '/keys', label: texts.navigation.keys, scope: 'admin' },
  { to: '/audit', label: texts.navigation.audit, scope: 'admin' },
] as const satisfies readonly { to: string; label: string; scope: Scope }[];

export function Navigation() {
  const { data: session } = useQuery(sessionQuery);
  const scopes = session?.scopes ?? [];
  return PAGES.filter(({ scope }) => includesScope(scopes, scope)).map(({ to, label }) => (
    <LinkNav key={to} to={to} label={label} activeProps={{ 'data-active': true, 'aria-current': 'page' }} />
  ));
}
