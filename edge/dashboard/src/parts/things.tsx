// Things of the workspace by their ids: a link with the name, or the id alone where it is gone.
import { Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useAdapter } from '../queries/adapters.ts';
import { datasetQuery } from '../queries/datasets.ts';
import { texts } from '../texts.ts';
import { shortHash } from './formats.tsx';
import { LinkAnchor } from './links.tsx';

export function DatasetLink({ id }: { id: string }) {
  const { data, isError } = useQuery(datasetQuery(id));
  if (isError) return <Code>{id}</Code>;
  return (
    <LinkAnchor to="/datasets/$id" params={{ id }}>
      {data?.name ?? id}
    </LinkAnchor>
  );
}

interface AdapterLinkProps {
  id: string;
  /** Where it stands among words that are not black. */
  amongWords?: boolean;
}

export function AdapterLink({ id, amongWords = false }: AdapterLinkProps) {
  const { adapter, isGone } = useAdapter(id);
  if (isGone) return <Code>{texts.adapters.gone(shortHash(id))}</Code>;
  return (
    <LinkAnchor to="/adapters/$id" params={{ id }} {...(amongWords ? { underline: 'always' } : {})}>
      {adapter?.name ?? shortHash(id)}
    </LinkAnchor>
  );
}
