// The frame of all pages of a signed-in session: header, navigation, content.
import { Anchor, AppShell, Burger, Container, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useNetwork } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { MissingScopePage } from '../pages/no-access.tsx';
import { OfflineAlert } from '../parts/alerts.tsx';
import { LinkAnchor } from '../parts/links.tsx';
import { includesScope, sessionEndedQuery, sessionQuery } from '../queries/session.ts';
import { texts } from '../texts.ts';
import { Navigation } from './navigation.tsx';
import { SessionButton } from './session-button.tsx';

const SignInAgain = lazy(() => import('./sign-in-again.tsx').then((module) => ({ default: module.SignInAgain })));

export function AppLayout() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const { online } = useNetwork();
  const { data: ended } = useQuery(sessionEndedQuery);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it closes whenever the page changes
  useEffect(close, [pathname]);
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'lg' }}
    >
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap">
            <Anchor href="#content" size="sm" visibleFrom="sm" className="skip-link">
              {texts.shell.skip}
            </Anchor>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? texts.shell.closeNavigation : texts.shell.openNavigation}
              aria-expanded={opened}
            />
            <LinkAnchor to="/" fw={700} c="inherit" underline="never">
              {texts.common.product}
            </LinkAnchor>
          </Group>
          <SessionButton />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="md" aria-label={texts.shell.navigation}>
        <Stack justify="space-between" h="100%">
          <Stack gap={4}>
            <Navigation />
          </Stack>
          <Text size="sm">
            <Anchor href="/docs" size="sm">
              {texts.shell.apiDocs}
            </Anchor>
          </Text>
        </Stack>
      </AppShell.Navbar>
      {ended && (
        <Suspense>
          <SignInAgain />
        </Suspense>
      )}
      <AppShell.Main id="content" tabIndex={-1}>
        <Container size="xl" px={0}>
          <Stack gap="lg">
            {!online && <OfflineAlert />}
            <Admitted />
          </Stack>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

/** The page, or which scope the session lacks for it. */
function Admitted() {
  const { data: session } = useQuery(sessionQuery);
  const needed = useMatches({ select: (matches) => matches.flatMap(({ staticData }) => staticData.needs ?? []) });
  const lacking = session ? needed.find((scope) => !includesScope(session.scopes, scope)) : undefined;
  return lacking === undefined ? <Outlet /> : <MissingScopePage scope={lacking} />;
}
