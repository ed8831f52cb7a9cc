// What may be done with a tuning in the state that it is in.
import { Button, Stack } from '@mantine/core';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useNavigate } from '@tanstack/react-router';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useMay } from '../../queries/session.ts';
import { useChangeTuning, useDeleteTuning } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

const { verbs, confirm } = texts.tuningDetail;

export function TuningActions({ tuning: { id, state, stopping } }: { tuning: Tuning }) {
  const mayWrite = useMay('tunings:write');
  if (!mayWrite || state === 'deleting') return null;
  const ended = isTerminal(state);
  return (
    <>
      {!ended && !stopping && state !== 'publishing' && <ConfirmedChange id={id} verb="stop" />}
      {!ended && <ConfirmedChange id={id} verb="cancel" />}
      {(state === 'failed' || state === 'cancelled') && <Resume id={id} />}
      {ended && <Delete id={id} />}
    </>
  );
}

function ConfirmedChange({ id, verb }: { id: string; verb: 'stop' | 'cancel' }) {
  const change = useChangeTuning(id);
  return (
    <ConfirmButton
      size="sm"
      label={verbs[verb]}
      title={confirm[`${verb}Title`]}
      {...(verb === 'cancel' ? { confirmLabel: confirm.cancelLabel } : {})}
      error={change.error}
      pending={change.isPending}
      onConfirm={() => change.mutateAsync(verb)}
    >
      {confirm[verb]}
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
