// A thing of any kind by its name, with a link to its page; what is not known any more by its id.
import { Code, Text } from '@mantine/core';
import { type KnownName, type Named, useNames } from '../queries/names.ts';
import { texts } from '../texts.ts';
import { LinkAnchor } from './links.tsx';

const PAGES = {
  datasets: '/datasets/$id',
  tunings: '/tunings/$id',
  evaluations: '/evaluations/$id',
  scorings: '/scorings/$id',
  adapters: '/adapters/$id',
} as const;

const isPaged = (kind: Named): kind is keyof typeof PAGES => kind in PAGES;
/** Enough of an id to tell two apart: its end, since ids of one time begin alike; of a hash its beginning. */
const shortId = (id: string) => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id.replace(/^([a-z]+)_.{16}/, '$1_…'));

interface ThingProps {
  id: string;
  known: KnownName | undefined;
}

export function Thing({ id, known }: ThingProps) {
  if (id in texts.things.actors) return texts.things.actors[id as keyof typeof texts.things.actors];
  if (!known) return <Code title={id}>{shortId(id)}</Code>;
  const { kind, name } = known;
  return (
    <>
      {isPaged(kind) ? (
        <LinkAnchor to={PAGES[kind]} params={{ id }}>
          {name}
        </LinkAnchor>
      ) : (
        <LinkAnchor to={kind === 'nodes' ? '/nodes' : '/keys'}>{name}</LinkAnchor>
      )}{' '}
      <Text span size="xs" c="dimmed">
        {texts.things.kinds[kind]}
      </Text>
    </>
  );
}

/** Who made something: a key, a node, the operator, or the service itself. */
export function Maker({ id }: { id: string }) {
  const names = useNames(MAKERS);
  return <Thing id={id} known={names.get(id)} />;
}

const MAKERS = ['keys', 'nodes'] as const;
