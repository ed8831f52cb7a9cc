// One evaluation: how far it is, then what it found, beside the rules that have to be beaten.
import { Alert, Group, Paper, Progress, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { formatNumber, formatSpan } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { NodeAway, useAwayNode } from '../../parts/node-away.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useJobFeed } from '../../parts/use-job-feed.ts';
import { evaluationQuery } from '../../queries/evaluations.ts';
import { texts } from '../../texts.ts';
import { EvaluationActions } from './evaluation-actions.tsx';
import { EvaluationFacts } from './evaluation-facts.tsx';
import { MakingFacts } from './making-facts.tsx';

const EvaluationReportView = lazy(() =>
  import('./evaluation-report.tsx').then((module) => ({ default: module.EvaluationReportView })),
);
const words = texts.evaluationDetail;

export function EvaluationPage() {
  const { id } = useParams({ from: '/app/evaluations/$id' });
  const query = useQuery(evaluationQuery(id));
  const actions = query.data && <EvaluationActions evaluation={query.data} />;
  return (
    <Page key={id} title={query.data?.name ?? words.title} actions={actions}>
      <QueryView query={query}>{(evaluation) => <EvaluationView evaluation={evaluation} />}</QueryView>
    </Page>
  );
}

function EvaluationView({ evaluation }: { evaluation: Evaluation }) {
  const { report, state } = evaluation;
  return (
    <Stack gap="lg">
      {state !== 'succeeded' && <ProgressPanel evaluation={evaluation} />}
      {report && (
        <Suspense fallback={<Skeleton height={320} />}>
          <EvaluationReportView evaluation={evaluation} report={report} />
        </Suspense>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <EvaluationFacts evaluation={evaluation} />
        <MakingFacts evaluation={evaluation} />
      </SimpleGrid>
    </Stack>
  );
}

/** The record is a few seconds behind the feed. */
function useProgress({ id, state, progress: recorded }: Evaluation): Evaluation['progress'] {
  const client = useQueryClient();
  const [told, setTold] = useState<Evaluation['progress']>(null);
  useJobFeed({
    path: `/v1/evaluations/${id}/events`,
    ended: isTerminal(state),
    onEvent: (event) => event.type === 'progress' && setTold(event),
    onChange: () => client.invalidateQueries({ queryKey: evaluationQuery(id).queryKey }),
  });
  return told ?? recorded;
}

function ProgressPanel({ evaluation }: { evaluation: Evaluation }) {
  const { state, error } = evaluation;
  const progress = useProgress(evaluation);
  const ended = isTerminal(state);
  const away = useAwayNode(evaluation);
  const share = progress && progress.total > 0 ? (100 * progress.done) / progress.total : null;
  return (
    <Paper withBorder p="md" component="section" aria-label={words.progress}>
      <Stack gap="sm">
        <Group gap="sm">
          <JobBadge {...evaluation} />
          {progress && (
            <Text size="sm">
              {texts.evaluations.progress(
                texts.evaluations.phases[progress.phase],
                formatNumber(progress.done),
                formatNumber(progress.total),
              )}
            </Text>
          )}
          {!ended && !away && progress?.etaMs != null && <Text size="sm">{words.eta(formatSpan(progress.etaMs))}</Text>}
        </Group>
        {!ended && share !== null && <Progress value={share} aria-label={words.progress} />}
        {away && <NodeAway node={away} />}
        {state === 'queued' && <Text size="sm">{words.waiting}</Text>}
        {error && (
          <Alert color={ended ? 'red' : 'yellow'} title={error.code}>
            {error.message}
          </Alert>
        )}
      </Stack>
    </Paper>
  );
}
