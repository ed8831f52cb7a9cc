// Rotating and revoking a key.
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useRevokeKey, useRotateKey } from '../../queries/keys.ts';
import { sessionQuery } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { KeyNotice } from './key-notice.tsx';

const { verbs, rotation, revocation } = texts.keys;
const OVERLAPS = Object.entries(rotation.overlaps).map(([value, label]) => ({ value, label }));
const A_DAY = '86400';

interface KeyActionsProps {
  apiKey: ApiKey;
  expired: boolean;
}

export function KeyActions({ apiKey: { id }, expired }: KeyActionsProps) {
  const { data: session } = useQuery(sessionQuery);
  const revoke = useRevokeKey(id);
  return (
    <Group gap="xs">
      {!expired && <Rotate id={id} />}
      <ConfirmButton
        label={verbs.revoke}
        title={revocation.title}
        error={revoke.error}
        pending={revoke.isPending}
        onConfirm={() => revoke.mutateAsync(undefined)}
      >
        {revocation.body} {session?.key.id === id && revocation.own}
      </ConfirmButton>
    </Group>
  );
}

function Rotate({ id }: { id: string }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [overlap, setOverlap] = useState<string>(A_DAY);
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useRotateKey(id);
  const confirm = () =>
    rotate.mutate(
      { overlapSeconds: Number(overlap), idempotencyKey: crypto.randomUUID() },
      {
        onSuccess: ({ key }) => {
          close();
          setSecret(key);
        },
      },
    );
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {verbs.rotate}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={rotation.title}
        closeButtonProps={{ 'aria-label': texts.common.close }}
      >
        <Stack>
          <Text size="sm">{rotation.body}</Text>
          <Select
            label={rotation.overlap}
            data={OVERLAPS}
            value={overlap}
            onChange={(value) => value !== null && setOverlap(value)}
            allowDeselect={false}
          />
          {rotate.error && <ErrorAlert error={rotate.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {texts.common.back}
            </Button>
            <Button loading={rotate.isPending} onClick={confirm}>
              {verbs.rotate}
            </Button>
          </Group>
        </Stack>
      </Modal>
      {secret !== null && <KeyNotice secret={secret} onDone={() => setSecret(null)} />}
    </>
  );
}
