// Rotating and revoking a key.
import { Button, Group, Select, Stack, Text } from '@mantine/core';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { SecretButton } from '../../parts/secret-button.tsx';
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
  const [overlap, setOverlap] = useState<string>(A_DAY);
  const rotate = useRotateKey(id);
  const confirm = (made: (secret: string) => void) =>
    rotate.mutate(
      { overlapSeconds: Number(overlap), idempotencyKey: crypto.randomUUID() },
      { onSuccess: ({ key }) => made(key) },
    );
  return (
    <SecretButton
      size="xs"
      variant="default"
      label={verbs.rotate}
      title={rotation.title}
      notice={(secret: string, done) => <KeyNotice secret={secret} onDone={done} />}
    >
      {(made, close) => (
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
            <Button loading={rotate.isPending} onClick={() => confirm(made)}>
              {verbs.rotate}
            </Button>
          </Group>
        </Stack>
      )}
    </SecretButton>
  );
}
