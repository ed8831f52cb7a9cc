// What may be done with a dataset in the state that it is in.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { DeleteButton } from '../../parts/delete-button.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { useDeleteDataset } from '../../queries/dataset-changes.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const { verbs, confirm } = texts.datasetDetail;

export function DatasetActions({ dataset }: { dataset: Dataset }) {
  const { id, state, kind } = dataset;
  const mayWrite = useMay('datasets:write');
  const [mayTune, mayJudge] = [useMay('tunings:write'), useMay('evaluations:write')];
  const [mayTry, mayScore] = [useMay('score'), useMay('scorings:write')];
  const ready = state === 'ready';
  const holdsSamples = ready && (kind === 'interactions' || kind === 'samples');
  return (
    <>
      {(holdsSamples || (ready && kind === 'instructions')) && mayTune && (
        <LinkButton to="/tunings/new" search={{ dataset: id, ...(kind === 'instructions' ? { stage: 'alpaca' } : {}) }}>
          {verbs.tune}
        </LinkButton>
      )}
      {holdsSamples && mayJudge && (
        <LinkButton to="/evaluations/new" search={{ dataset: id }} variant="default">
          {verbs.evaluate}
        </LinkButton>
      )}
      {holdsSamples && mayTry && (
        <LinkButton to="/playground" search={{ dataset: id }} variant="default">
          {verbs.try}
        </LinkButton>
      )}
      {holdsSamples && mayScore && (
        <LinkButton to="/scorings/new" search={{ dataset: id }} variant="default">
          {verbs.score}
        </LinkButton>
      )}
      {mayWrite && state !== 'deleting' && <Delete id={id} unfinished={state === 'created'} />}
    </>
  );
}

function Delete({ id, unfinished }: { id: string; unfinished: boolean }) {
  return (
    <DeleteButton
      label={unfinished ? verbs.cancel : verbs.delete}
      title={unfinished ? confirm.cancelTitle : confirm.deleteTitle}
      remove={useDeleteDataset(id)}
      list="/datasets"
    >
      {unfinished ? confirm.cancel : confirm.delete}
    </DeleteButton>
  );
}
