// What may be done with a batch scoring.
import { LIMITS } from '@tallrec/shared/limits';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { useQueryClient } from '@tanstack/react-query';
import { formatNumber } from '../../parts/formats.tsx';
import { JobActions } from '../../parts/job-actions.tsx';
import { scoringQuery, useChangeScoring, useDeleteScoring } from '../../queries/scorings.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const { verbs, confirm } = texts.scorings.detail;
const words = { verbs, confirm: { ...confirm, stop: confirm.stop(formatNumber(LIMITS.scoringChunkRows)) } };

export function ScoringActions({ scoring }: { scoring: Scoring }) {
  const client = useQueryClient();
  if (!useMay('scorings:write')) return null;
  return (
    <JobActions
      job={scoring}
      words={words}
      useChange={useChangeScoring}
      useRemove={useDeleteScoring}
      refresh={() => client.fetchQuery({ ...scoringQuery(scoring.id), staleTime: 0 })}
      list="/scorings"
    />
  );
}
