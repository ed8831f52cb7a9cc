// What an administrator may do with a node of the workspace.
import { Button, Group, Stack } from '@mantine/core';
import type { Node } from '@tallrec/shared/wire/nodes';
import { useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useDeleteNode, useDrainNode, useRenewNodeToken } from '../../queries/nodes.ts';
import { texts } from '../../texts.ts';
import { JoinNotice, type JoinToken } from './join-notice.tsx';

const { verbs, confirm } = texts.nodes;

export function NodeActions({ node: { id, draining } }: { node: Node }) {
  const drain = useDrainNode(id);
  const renew = useRenewNodeToken(id);
  const remove = useDeleteNode(id);
  const [token, setToken] = useState<JoinToken | null>(null);
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button size="xs" variant="default" loading={drain.isPending} onClick={() => drain.mutate(!draining)}>
          {draining ? verbs.resume : verbs.drain}
        </Button>
        <ConfirmButton
          label={verbs.renew}
          title={confirm.renewTitle}
          error={renew.error}
          pending={renew.isPending}
          onConfirm={() => renew.mutateAsync(crypto.randomUUID()).then(setToken)}
        >
          {confirm.renew}
        </ConfirmButton>
        <ConfirmButton
          label={verbs.delete}
          title={confirm.deleteTitle}
          error={remove.error}
          pending={remove.isPending}
          onConfirm={() => remove.mutateAsync(undefined)}
        >
          {confirm.delete}
        </ConfirmButton>
      </Group>
      {drain.error && <ErrorAlert error={drain.error} />}
      {token && <JoinNotice {...token} onDone={() => setToken(null)} />}
    </Stack>
  );
}
