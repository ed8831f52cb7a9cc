// What may be done with a job of any kind in the state that it is in: stopped with what it has, cancelled, resumed, deleted.
import { Button, Stack } from '@mantine/core';
import { isTerminal, type JobState } from '@tallrec/shared/wire/jobs';
import type { UseMutationResult } from '@tanstack/react-query';
import { ErrorAlert } from './alerts.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { DeleteButton, type ListPath } from './delete-button.tsx';

type Verb = 'stop' | 'cancel' | 'resume';

interface JobActionsProps {
  job: { id: string; state: JobState; stopping: boolean };
  words: {
    verbs: Record<Verb | 'delete', string>;
    confirm: Record<
      | 'stopTitle'
      | 'stop'
      | 'cancelTitle'
      | 'cancelLabel'
      | 'cancel'
      /** In place of `cancel` while it is stopping. */
      | 'cancelStopping'
      | 'deleteTitle'
      | 'delete',
      string
    >;
  };
  useChange: (id: string) => UseMutationResult<unknown, Error, Verb>;
  useRemove: (id: string) => UseMutationResult<unknown, Error, void>;
  /** The job as it is by now, which the page then shows. */
  refresh: () => Promise<{ stopping: boolean }>;
  /** Where those of its kind are listed. */
  list: ListPath;
}

export function JobActions(props: JobActionsProps) {
  const { state, stopping } = props.job;
  if (state === 'deleting') return null;
  const ended = isTerminal(state);
  return (
    <>
      {!ended && !stopping && state !== 'publishing' && <Stop {...props} />}
      {!ended && <Cancel {...props} />}
      {(state === 'failed' || state === 'cancelled') && <Resume {...props} />}
      {ended && <Delete {...props} />}
    </>
  );
}

function Stop({ job, words: { verbs, confirm }, useChange }: JobActionsProps) {
  const change = useChange(job.id);
  return (
    <ConfirmButton
      size="sm"
      label={verbs.stop}
      title={confirm.stopTitle}
      error={change.error}
      pending={change.isPending}
      onConfirm={() => change.mutateAsync('stop')}
    >
      {confirm.stop}
    </ConfirmButton>
  );
}

function Cancel({ job: { id, stopping }, words: { verbs, confirm }, useChange, refresh }: JobActionsProps) {
  const change = useChange(id);
  const confirmed = async () => {
    // Someone else may have had it stopped meanwhile: then that is asked about first.
    if (!stopping && (await refresh()).stopping) throw new Error(confirm.cancelStopping);
    await change.mutateAsync('cancel');
  };
  return (
    <ConfirmButton
      size="sm"
      label={verbs.cancel}
      title={confirm.cancelTitle}
      confirmLabel={confirm.cancelLabel}
      error={change.error}
      pending={change.isPending}
      onConfirm={confirmed}
    >
      {stopping ? confirm.cancelStopping : confirm.cancel}
    </ConfirmButton>
  );
}

function Resume({ job, words: { verbs }, useChange }: JobActionsProps) {
  const change = useChange(job.id);
  return (
    <Stack gap="xs">
      <Button loading={change.isPending} onClick={() => change.mutate('resume')}>
        {verbs.resume}
      </Button>
      {change.error && <ErrorAlert error={change.error} />}
    </Stack>
  );
}

function Delete({ job, words: { verbs, confirm }, useRemove, list }: JobActionsProps) {
  return (
    <DeleteButton label={verbs.delete} title={confirm.deleteTitle} remove={useRemove(job.id)} list={list}>
      {confirm.delete}
    </DeleteButton>
  );
}
