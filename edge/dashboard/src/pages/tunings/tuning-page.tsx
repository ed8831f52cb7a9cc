// One tuning: how far it is, its curves as they grow, what it was made of, and what may be done with it.
import { Alert, Group, Paper, Progress, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { formatNumber, formatRoughSpan } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { NodeAway, useAwayNode } from '../../parts/node-away.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { tuningQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { TuningActions } from './tuning-actions.tsx';
import { TuningFacts } from './tuning-facts.tsx';
import { TuningLog } from './tuning-log.tsx';
import { TuningResult } from './tuning-result.tsx';
import { TuningSettings } from './tuning-settings.tsx';
import type { StoryView } from './tuning-story.ts';
import { type Connection, useTuningFeed } from './use-tuning-feed.ts';

const TuningCurves = lazy(() => import('./tuning-curves.tsx').then((module) => ({ default: module.TuningCurves })));
const words = texts.tuningDetail;

export function TuningPage() {
  const { id } = useParams({ from: '/app/tunings/$id' });
  const query = useQuery(tuningQuery(id));
  const actions = query.data && <TuningActions tuning={query.data} />;
  return (
    <Page key={id} title={query.data?.name ?? words.title} actions={actions}>
      <QueryView query={query}>{(tuning) => <TuningView tuning={tuning} />}</QueryView>
    </Page>
  );
}

function TuningView({ tuning }: { tuning: Tuning }) {
  const { view, connection } = useTuningFeed(tuning);
  // Whatever it is, that it was queued has been noted.
  const fetching = view.log.length === 0;
  return (
    <Stack gap="lg">
      <ProgressPanel tuning={tuning} latest={view.latest} connection={connection} />
      <TuningResult tuning={tuning} view={view} />
      <Stack component="section" aria-label={words.curves} gap="sm">
        <Title order={2} size="h4">
          {words.curves}
        </Title>
        <Suspense fallback={<Skeleton height={240} />}>
          <TuningCurves view={view} fetching={fetching} />
        </Suspense>
      </Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="lg">
          <TuningFacts tuning={tuning} />
          <TuningLog log={view.log} fetching={fetching} />
        </Stack>
        <TuningSettings settings={tuning.settings} />
      </SimpleGrid>
    </Stack>
  );
}

interface ProgressPanelProps {
  tuning: Tuning;
  latest: StoryView['latest'];
  connection: Connection;
}

function ProgressPanel({ tuning, latest, connection }: ProgressPanelProps) {
  const { state, progress, error, stopping } = tuning;
  const ended = isTerminal(state);
  const away = useAwayNode(tuning);
  const atWork = !ended && away === null;
  // The record is a second behind the feed, and ahead of one that is lost.
  const now = connection === 'live' && latest ? latest : (progress ?? latest);
  return (
    <Paper withBorder p="md" component="section" aria-label={words.progress}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="sm">
            <JobBadge {...tuning} />
            {now && now.totalSteps > 0 && (
              <Text size="sm">{texts.tunings.steps(formatNumber(now.step), formatNumber(now.totalSteps))}</Text>
            )}
            {atWork && now?.etaMs != null && <Text size="sm">{words.eta(formatRoughSpan(now.etaMs))}</Text>}
            {atWork && latest && <Text size="sm">{words.speed(formatNumber(Math.round(latest.tokensPerSecond)))}</Text>}
          </Group>
          <Text size="sm" c="dimmed" role="status">
            {words.connection[connection]}
          </Text>
        </Group>
        {!ended && now && now.totalSteps > 0 && (
          <Progress value={(100 * now.step) / now.totalSteps} aria-label={words.progress} />
        )}
        {away && <NodeAway node={away} />}
        {state === 'queued' && <Text size="sm">{words.waiting}</Text>}
        {state === 'cancelled' && stopping && <Alert color="yellow">{words.cancelledStopping}</Alert>}
        {error && (
          <Alert color={ended ? 'red' : 'yellow'} title={error.code}>
            {error.message}
          </Alert>
        )}
      </Stack>
    </Paper>
  );
}
