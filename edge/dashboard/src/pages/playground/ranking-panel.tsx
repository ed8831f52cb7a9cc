// The candidates, and once the model was asked, its ranking of them beside what rules would say.
import { Button, Group, Skeleton, Stack, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { historyShare } from '@tallrec/shared/metrics';
import { rankResponseSchema } from '@tallrec/shared/wire/score';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { z } from 'zod';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useRank } from '../../queries/answers.ts';
import { itemsQuery } from '../../queries/histories.ts';
import { texts } from '../../texts.ts';
import { CandidatesTable } from './candidates-table.tsx';
import { ItemSearch } from './item-search.tsx';
import { LatencyBar } from './latency-bar.tsx';
import { type Choice, rankRequest, withCandidate, withPopular } from './trial.ts';
import { useKept } from './use-kept.ts';
import type { TrialView } from './use-trial.ts';

const words = texts.playground.ranking;
/** Changes of so long are asked about together. */
const SETTLED_MS = 400;

/** The last ranking that came, which stays in sight while another is asked for. */
const rankedSchema = z.object({
  /** The request, as text. */
  asked: z.string(),
  answered: z.object({ answer: rankResponseSchema, totalMs: z.number(), serverTiming: z.string().nullable() }),
});

interface RankingProps {
  view: TrialView;
  choice: Choice | null;
  dataset: string | undefined;
}

export function RankingPanel({ view, choice, dataset }: RankingProps) {
  const { trial, isPending, change } = view;
  const rank = useRank();
  const [ranked, setRanked] = useKept('ranking', rankedSchema);
  const [live, setLive] = useState(true);
  const request = choice && trial.candidates.length > 0 ? rankRequest(trial, choice) : null;
  const asked = JSON.stringify(request);
  const [settled] = useDebouncedValue(asked, SETTLED_MS);
  const stale = ranked !== null && request !== null && ranked.asked !== asked;
  const ask = () => request && rank.mutate(request, { onSuccess: (answered) => setRanked({ asked, answered }) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again where a change has settled, and only then
  useEffect(() => {
    if (live && stale && settled === asked) ask();
  }, [settled, live]);
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <ItemSearch
          label={words.add}
          dataset={dataset}
          taken={[...trial.history, ...trial.candidates]}
          onAdd={(item) => change((before) => withCandidate(before, item))}
        />
        <Group justify="space-between">
          <Popular view={view} dataset={dataset} />
          <Group gap="md">
            {ranked && <Switch label={words.live} checked={live} onChange={() => setLive(!live)} />}
            <Button loading={rank.isPending} disabled={!request} onClick={ask}>
              {ranked ? words.again : words.rank}
            </Button>
          </Group>
        </Group>
        {rank.error && <ErrorAlert error={rank.error} />}
        {isPending ? (
          <Skeleton height={320} />
        ) : trial.candidates.length === 0 ? (
          <Text size="sm" c="dimmed">
            {words.empty}
          </Text>
        ) : (
          <CandidatesTable
            trial={trial}
            choice={choice}
            dataset={dataset}
            ranking={ranked?.answered.answer.ranking}
            stale={stale}
            change={change}
          />
        )}
        {ranked && trial.candidates.length > 0 && (
          <Stack gap="md">
            <Text size="sm" c="dimmed">
              {trial.history.length === 0 ? words.noRule : words.rule(formatShare(historyShare(trial)), trial.noun)}
            </Text>
            <LatencyBar answered={ranked.answered} />
          </Stack>
        )}
      </Stack>
    </Panel>
  );
}

function Popular({ view: { trial, change }, dataset }: Pick<RankingProps, 'view' | 'dataset'>) {
  const items = useQuery({ ...itemsQuery(dataset ?? '', ''), enabled: dataset !== undefined });
  const drawn = withPopular(trial, items.data?.items ?? []);
  const count = drawn.candidates.length - trial.candidates.length;
  if (count === 0) {
    return (
      <Text size="xs" c="dimmed">
        {dataset === undefined ? words.noPopular.noDataset : items.isPending ? '' : words.noPopular.allThere}
      </Text>
    );
  }
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => change((before) => withPopular(before, items.data?.items ?? []))}
    >
      {words.popular(formatNumber(count))}
    </Button>
  );
}
