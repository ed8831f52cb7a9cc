// Things of the workspace by their names, with links to their pages; by their ids where they are gone.
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { adapterQuery } from '../queries/adapters.ts';
import { datasetQuery } from '../queries/datasets.ts';
import { nodeQuery } from '../queries/nodes.ts';
import { tuningQuery } from '../queries/tunings.ts';
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

export function AdapterLink({ id }: NameProps) {
  const { data } = useQuery(adapterQuery(id));
  return data ? (
    <Anchor inherit href={`/adapters/${id}`}>
      {data.name}
    </Anchor>
  ) : (
    id.slice(0, 8)
  );
}

export function TuningLink({ id }: NameProps) {
  const { data } = useQuery(tuningQuery(id));
  return data ? (
    <LinkAnchor to="/tunings/$id" params={{ id }}>
      {data.name}
    </LinkAnchor>
  ) : (
    id
  );
}

export function NodeName({ id }: NameProps) {
  const { data } = useQuery(nodeQuery(id));
  return data ? <LinkAnchor to="/nodes">{data.name}</LinkAnchor> : id;
}
