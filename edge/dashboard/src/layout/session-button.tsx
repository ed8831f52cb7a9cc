// The button of the session's menu; the menu itself, which brings much code, comes when it is first asked for.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { sessionQuery } from '../queries/session.ts';

const loadMenu = () => import('./session-menu.tsx');
const SessionMenu = lazy(() => loadMenu().then((module) => ({ default: module.SessionMenu })));

export function SessionButton() {
  const { data: session } = useQuery(sessionQuery);
  const [asked, setAsked] = useState(false);
  if (!session) return null;
  const button = (
    <Button
      variant="default"
      maw={220}
      aria-haspopup="menu"
      loading={asked}
      onPointerEnter={loadMenu}
      onFocus={loadMenu}
      onClick={() => setAsked(true)}
    >
      {session.workspace.name}
    </Button>
  );
  if (!asked) return button;
  return (
    <Suspense fallback={button}>
      <SessionMenu />
    </Suspense>
  );
}
