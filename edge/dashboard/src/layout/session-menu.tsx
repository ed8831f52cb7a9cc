// The menu of the session: whose it is and until when, how the page looks, and the way out. It comes opened.
import { Button, type MantineColorScheme, Menu, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { ErrorAlert } from '../parts/alerts.tsx';
import { formatDate } from '../parts/formats.tsx';
import { sessionQuery, useSignOut } from '../queries/session.ts';
import { texts } from '../texts.ts';
import { forgetTransfers } from '../transfers/transfers.ts';

const SCHEMES: readonly MantineColorScheme[] = ['auto', 'light', 'dark'];

export function SessionMenu() {
  const { data: session } = useQuery(sessionQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const target = useRef<HTMLButtonElement>(null);
  if (!session) return null;
  const left = () => {
    forgetTransfers();
    navigate({ to: '/sign-in' });
  };
  const leave = () => signOut.mutate(undefined, { onSuccess: left });
  return (
    <Menu
      defaultOpened
      position="bottom-end"
      width={280}
      closeOnItemClick={false}
      onClose={() => target.current?.focus()}
    >
      <Menu.Target>
        <Button ref={target} variant="default" maw={220}>
          {session.workspace.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Stack gap={6} p="xs">
          <Fact name={texts.shell.workspace} value={session.workspace.name} />
          <Fact name={texts.shell.key} value={session.key.name} />
          <Fact name={texts.shell.expires} value={formatDate(session.expiresAt)} />
        </Stack>
        <Menu.Divider />
        <Menu.Label>{texts.shell.scheme}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
          {SCHEMES.map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {texts.shell.schemes[scheme]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={leave} disabled={signOut.isPending}>
          {texts.shell.signOut}
        </Menu.Item>
        {signOut.error && <ErrorAlert error={signOut.error} />}
      </Menu.Dropdown>
    </Menu>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      <Text span c="dimmed" size="sm">
        {name}:{' '}
      </Text>
      {value}
    </Text>
  );
}
