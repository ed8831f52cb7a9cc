// What may be done with an adapter.

import type { Adapter } from '@tallrec/shared/wire/adapters';
import { DeleteButton } from '../../parts/delete-button.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { useDeleteAdapter } from '../../queries/adapters.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { PointAlias } from './point-alias.tsx';

const { verbs, confirm } = texts.adapters;

export function AdapterActions({ adapter }: { adapter: Adapter }) {
  const [mayWrite, mayScore, mayBatch] = [useMay('adapters:write'), useMay('score'), useMay('scorings:write')];
  const { id } = adapter;
  return (
    <>
      {mayScore && (
        <LinkButton to="/playground" search={{ adapter: id }}>
          {verbs.try}
        </LinkButton>
      )}
      {mayWrite && <PointAlias adapter={adapter} />}
      {mayBatch && (
        <LinkButton to="/scorings/new" search={{ adapter: id }} variant="default">
          {verbs.score}
        </LinkButton>
      )}
      {mayWrite && <Delete id={id} />}
    </>
  );
}

function Delete({ id }: { id: string }) {
  return (
    <DeleteButton label={verbs.delete} title={confirm.deleteTitle} remove={useDeleteAdapter(id)} list="/adapters">
      {confirm.delete}
    </DeleteButton>
  );
}
