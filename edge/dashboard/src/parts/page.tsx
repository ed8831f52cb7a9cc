// What every page begins with: its one heading, which takes the focus on navigation, and its actions beside it.
import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { texts } from '../texts.ts';

interface PageProps {
  title: string;
  /** One sentence under the heading. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The browser itself announces the page that it loaded first. */
let isFirst = true;

export function Page({ title, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${texts.common.product}`;
  }, [title]);
  useEffect(() => {
    if (isFirst) isFirst = false;
    else heading.current?.focus();
  }, []);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <Stack gap={4} maw={720}>
          <Title ref={heading} order={1} size="h2" tabIndex={-1} style={{ outline: 'none' }}>
            {title}
          </Title>
          {lead && (
            <Text component="div" c="dimmed">
              {lead}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
