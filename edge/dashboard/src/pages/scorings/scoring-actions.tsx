// What may be done with a batch scoring in the state that it is in.
import { Button, Stack } from '@mantine/core';
import { LIMITS } from '@tallrec/shared/limits';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { useNavigate } from '@tanstack/react-router';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { useChangeScoring, useDeleteScoring } from '../../queries/scorings.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const { verbs, confirm } = texts.scorings.detail;

export function ScoringActions({ scoring: { id, state, stopping } }: { scoring: Scoring }) {
  const mayWrite = useMay('scorings:write');
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
  const change = useChangeScoring(id);
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
      {verb === 'stop' ? confirm.stop(formatNumber(LIMITS.scoringChunkRows)) : confirm.cancel}
    </ConfirmButton>
  );
}

function Resume({ id }: { id: string }) {
  const change = useChangeScoring(id);
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
  const remove = useDeleteScoring(id);
  const navigate = useNavigate();
  const confirmed = async () => {
    await remove.mutateAsync();
    await navigate({ to: '/scorings' });
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
