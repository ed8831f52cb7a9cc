// What may be done with an evaluation, and taken along of it.
import { Button } from '@mantine/core';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { useQueryClient } from '@tanstack/react-query';
import { JobActions } from '../../parts/job-actions.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { evaluationQuery, useChangeEvaluation, useDeleteEvaluation } from '../../queries/evaluations.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;

export function EvaluationActions({ evaluation }: { evaluation: Evaluation }) {
  const client = useQueryClient();
  const mayWrite = useMay('evaluations:write');
  const { id, report } = evaluation;
  return (
    <>
      {report && (
        <>
          <LinkButton variant="default" to="/compare" search={{ evaluations: id }}>
            {words.compare}
          </LinkButton>
          <Button component="a" variant="default" href={`/v1/evaluations/${id}/predictions`} download>
            {words.predictions}
          </Button>
        </>
      )}
      {mayWrite && (
        <JobActions
          job={evaluation}
          words={words}
          useChange={useChangeEvaluation}
          useRemove={useDeleteEvaluation}
          refresh={() => client.fetchQuery({ ...evaluationQuery(id), staleTime: 0 })}
          list="/evaluations"
        />
      )}
    </>
  );
}
