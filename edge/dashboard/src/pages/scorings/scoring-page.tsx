// One batch scoring: how far it is, what it was asked for, and what came of it.
import { SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { scoringQuery } from '../../queries/scorings.ts';
import { texts } from '../../texts.ts';
import { Predictions } from './predictions.tsx';
import { ScoringActions } from './scoring-actions.tsx';
import { ScoringFacts } from './scoring-facts.tsx';
import { ScoringProgress } from './scoring-progress.tsx';

export function ScoringPage() {
  const { id } = useParams({ from: '/app/scorings/$id' });
  const query = useQuery(scoringQuery(id));
  return (
    <Page
      key={id}
      title={query.data?.name ?? texts.scorings.detail.title}
      actions={query.data && <ScoringActions scoring={query.data} />}
    >
      <QueryView query={query}>
        {(scoring) => (
          <Stack gap="lg">
            <ScoringProgress scoring={scoring} />
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" style={{ alignItems: 'start' }}>
              <Predictions scoring={scoring} />
              <ScoringFacts scoring={scoring} />
            </SimpleGrid>
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
