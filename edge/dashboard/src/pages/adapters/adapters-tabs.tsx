// The two lists of what is put to use: adapters, and the aliases that point at them.
import { Group } from '@mantine/core';
import { LinkButton } from '../../parts/links.tsx';
import { texts } from '../../texts.ts';

const words = texts.adapters.tabs;

export function AdaptersTabs({ at }: { at: 'adapters' | 'aliases' }) {
  return (
    <Group component="nav" aria-label={words.label} gap="xs">
      {(['adapters', 'aliases'] as const).map((list) => (
        <LinkButton
          key={list}
          to={`/${list}`}
          size="xs"
          variant={list === at ? 'light' : 'subtle'}
          {...(list === at ? { 'aria-current': 'page' } : {})}
        >
          {words[list]}
        </LinkButton>
      ))}
    </Group>
  );
}
