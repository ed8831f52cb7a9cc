// What may be done with a tuning.
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQueryClient } from '@tanstack/react-query';
import { JobActions } from '../../parts/job-actions.tsx';
import { useMay } from '../../queries/session.ts';
import { tuningQuery, useChangeTuning, useDeleteTuning } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

export function TuningActions({ tuning }: { tuning: Tuning }) {
  const client = useQueryClient();
  if (!useMay('tunings:write')) return null;
  return (
    <JobActions
      job={tuning}
      words={texts.tuningDetail}
      useChange={useChangeTuning}
      useRemove={useDeleteTuning}
      refresh={() => client.fetchQuery({ ...tuningQuery(tuning.id), staleTime: 0 })}
      list="/tunings"
    />
  );
}
