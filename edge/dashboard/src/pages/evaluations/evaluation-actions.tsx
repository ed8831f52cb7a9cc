// What may be done with an evaluation in the state that it is in.
import { Button, Stack } from '@mantine/core';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { useNavigate } from '@tanstack/react-router';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { useChangeEvaluation, useDeleteEvaluation } from '../../queries/evaluations.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const { actions, confirm } = texts.evaluationDetail;

export function EvaluationActions({ evaluation: { id, state, stopping, report } }: { evaluation: Evaluation }) {
  const mayWrite = useMay('evaluations:write');
  const ended = isTerminal(state);
  return (
    <>
      {report && (
        <>
          <LinkButton variant="default" to="/compare" search={{ evaluations: id }}>
            {actions.compare}
          </LinkButton>
          <Button component="a" variant="default" href={`/v1/evaluations/${id}/predictions`} download>
            {actions.predictions}
          </Button>
        </>
      )}
      {mayWrite && !ended && !stopping && state !== 'publishing' && <ConfirmedChange id={id} verb="stop" />}
      {mayWrite && !ended && <ConfirmedChange id={id} verb="cancel" />}
      {mayWrite && (state === 'failed' || state === 'cancelled') && <Resume id={id} />}
      {mayWrite && ended && state !== 'deleting' && <Delete id={id} />}
    </>
  );
}

function ConfirmedChange({ id, verb }: { id: string; verb: 'stop' | 'cancel' }) {
  const change = useChangeEvaluation(id);
  return (
    <ConfirmButton
      size="sm"
      label={actions[verb]}
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
  const change = useChangeEvaluation(id);
  return (
    <Stack gap="xs">
      <Button loading={change.isPending} onClick={() => change.mutate('resume')}>
        {actions.resume}
      </Button>
      {change.error && <ErrorAlert error={change.error} />}
    </Stack>
  );
}

function Delete({ id }: { id: string }) {
  const remove = useDeleteEvaluation(id);
  const navigate = useNavigate();
  const confirmed = async () => {
    await remove.mutateAsync();
    await navigate({ to: '/evaluations' });
  };
  return (
    <ConfirmButton
      size="sm"
      label={actions.delete}
      title={confirm.deleteTitle}
      error={remove.error}
      pending={remove.isPending}
      onConfirm={confirmed}
    >
      {confirm.delete}
    </ConfirmButton>
  );
}
