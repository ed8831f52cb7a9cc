// What may be done with a tuning in the state that it is in.
import { Button, Stack } from '@mantine/core';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useMay } from '../../queries/session.ts';
import { tuningQuery, useChangeTuning, useDeleteTuning } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

const { verbs, confirm } = texts.tuningDetail;

export function TuningActions({ tuning: { id, state, stopping } }: { tuning: Tuning }) {
  const mayWrite = useMay('tunings:write');
  if (!mayWrite || state === 'deleting') return null;
  const ended = isTerminal(state);
  return (
    <>
      {!ended && !stopping && state !== 'publishing' && <ConfirmedChange id={id} verb="stop" />}
      {!ended && <ConfirmedChange id={id} verb="cancel" stopping={stopping} />}
      {(state === 'failed' || state === 'cancelled') && <Resume id={id} />}
      {ended && <Delete id={id} />}
    </>
  );
}

interface ConfirmedChangeProps {
  id: string;
  verb: 'stop' | 'cancel';
  /** It is about to keep its best. */
  stopping?: boolean;
}

function ConfirmedChange({ id, verb, stopping = false }: ConfirmedChangeProps) {
  const change = useChangeTuning(id);
  const client = useQueryClient();
  const confirmed = async () => {
    // Someone else may have had it stopped meanwhile: then that is asked about first.
    if (verb === 'cancel' && !stopping) {
      const now = await client.fetchQuery({ ...tuningQuery(id), staleTime: 0 });
      if (now.stopping) throw new Error(confirm.cancelStopping);
    }
    await change.mutateAsync(verb);
  };
  return (
    <ConfirmButton
      size="sm"
      label={verbs[verb]}
      title={confirm[`${verb}Title`]}
      {...(verb === 'cancel' ? { confirmLabel: confirm.cancelLabel } : {})}
      error={change.error}
      pending={change.isPending}
      onConfirm={confirmed}
    >
      {verb === 'cancel' && stopping ? confirm.cancelStopping : confirm[verb]}
    </ConfirmButton>
  );
}

function Resume({ id }: { id: string }) {
  const change = useChangeTuning(id);
  return (
    <Stack gap="xs">
      <Button loading={change.isPending} onClick={() => change.mutate('resume')}>
        {verbs.resume}
      </Button>
      {change.error && <ErrorAlert error={change.error} />}
    </Stack>
  );
}

function Delete({ id }: { id: string }) {
  const remove = useDeleteTuning(id);
  const navigate = useNavigate();
  const confirmed = async () => {
    await remove.mutateAsync();
    await navigate({ to: '/tunings' });
  };
  return (
    <ConfirmButton
      size="sm"
      label={verbs.delete}
      title={confirm.deleteTitle}
      error={remove.error}
      pending={remove.isPending}
      onConfirm={confirmed}
    >
      {confirm.delete}
    </ConfirmButton>
  );
}
