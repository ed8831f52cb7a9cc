// Links to the older entries of a list and back to the newest; the browser's own Back goes a page back.
import { Group } from '@mantine/core';
import { texts } from '../texts.ts';
import { LinkButton } from './links.tsx';

interface PagerProps {
  cursor: string | undefined;
  nextCursor: string | null;
}

export function Pager({ cursor, nextCursor }: PagerProps) {
  if (cursor === undefined && nextCursor === null) return null;
  return (
    <Group component="nav" aria-label={texts.pager.label} justify="flex-end">
      {cursor !== undefined && (
        <LinkButton variant="default" to="." search={(before) => ({ ...before, cursor: undefined })}>
          {texts.pager.newest}
        </LinkButton>
      )}
      {nextCursor !== null && (
        <LinkButton variant="default" to="." search={(before) => ({ ...before, cursor: nextCursor })}>
          {texts.pager.older}
        </LinkButton>
      )}
    </Group>
  );
}
