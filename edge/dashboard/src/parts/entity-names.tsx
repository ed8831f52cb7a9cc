// Things of the workspace by their names, with links to their pages; by their ids where they are gone.
import { useQuery } from '@tanstack/react-query';
import { useAdapter } from '../queries/adapters.ts';
import { datasetQuery } from '../queries/datasets.ts';
import { nodeQuery } from '../queries/nodes.ts';
import { texts } from '../texts.ts';
import { shortHash } from './formats.tsx';
import { LinkAnchor } from './links.tsx';

interface NameProps {
  id: string;
}

export function DatasetLink({ id }: NameProps) {
  const { data } = useQuery(datasetQuery(id));
  return data ? (
    <LinkAnchor to="/datasets/$id" params={{ id }}>
      {data.name}
    </LinkAnchor>
  ) : (
    id
  );
}

interface AdapterLinkProps extends NameProps {
  /** Where it stands among words that are not black. */
  amongWords?: boolean;
}

export function AdapterLink({ id, amongWords = false }: AdapterLinkProps) {
  const { adapter, isGone } = useAdapter(id);
  if (isGone) return texts.adapters.gone(shortHash(id));
  return (
    <LinkAnchor to="/adapters/$id" params={{ id }} {...(amongWords ? { underline: 'always' } : {})}>
      {adapter?.name ?? shortHash(id)}
    </LinkAnchor>
  );
}

export function NodeName({ id }: NameProps) {
  const { data } = useQuery(nodeQuery(id));
  return data ? <LinkAnchor to="/nodes">{data.name}</LinkAnchor> : id;
}
