// Runs side by side: how they differ, what came of them, and their curves in one chart each.
import { Alert, Button, Group, Skeleton, Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { texts } from '../../texts.ts';
import { type Chosen, chosenIn, searchOf } from './chosen.ts';
import { RunPicker } from './run-picker.tsx';
import { useCompared } from './use-compared.ts';

const Comparison = lazy(() => import('./comparison.tsx').then((module) => ({ default: module.Comparison })));
const words = texts.compare;

export function ComparePage() {
  const chosen = chosenIn(useSearch({ from: '/app/compare' }));
  const navigate = useNavigate();
  const { runs, loading, error, retry, missing, adapterNamed } = useCompared(chosen.tunings, chosen.evaluations);
  const choose = (next: Chosen) => navigate({ to: '/compare', search: searchOf(next), replace: true });
  const drop = () => {
    const kept = (ids: string[]) => ids.filter((id) => !missing.includes(id));
    void choose({ tunings: kept(chosen.tunings), evaluations: kept(chosen.evaluations) });
  };
  return (
    <Page title={words.title} lead={words.lead}>
      <Stack gap="lg">
        <RunPicker chosen={chosen} onChange={choose} runs={runs} />
        {error && <ErrorAlert error={error} onRetry={retry} />}
        {missing.length > 0 && (
          <Alert color="yellow">
            <Group justify="space-between">
              {words.missing(missing.join(', '))}
              <Button size="xs" variant="default" onClick={drop}>
                {words.drop}
              </Button>
            </Group>
          </Alert>
        )}
        {loading && <Loading />}
        {runs.length > 0 && (
          <Suspense fallback={<Skeleton height={480} />}>
            <Comparison runs={runs} adapterNamed={adapterNamed} />
          </Suspense>
        )}
        {!loading && !error && runs.length === 0 && missing.length === 0 && (
          <Empty title={words.empty.title}>{words.empty.body}</Empty>
        )}
      </Stack>
    </Page>
  );
}
