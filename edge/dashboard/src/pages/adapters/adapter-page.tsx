// One adapter: from the data that it learned from to what it is used as, its files, and what may be done with it.
import '@mantine/core/styles/Grid.css';
import { Grid, Group, Stack } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { adapterQuery } from '../../queries/adapters.ts';
import { texts } from '../../texts.ts';
import { AdapterActions } from './adapter-actions.tsx';
import { AdapterFacts, AdapterFiles } from './adapter-facts.tsx';
import { AdapterStory } from './adapter-story.tsx';
import { AliasBadges } from './adapters-table.tsx';

const words = texts.adapters;

export function AdapterPage() {
  const { id } = useParams({ from: '/app/adapters/$id' });
  const query = useQuery(adapterQuery(id));
  return (
    <Page
      key={id}
      title={query.data?.name ?? words.one}
      lead={query.data && <Lead adapter={query.data} />}
      actions={query.data && <AdapterActions adapter={query.data} />}
    >
      <QueryView query={query}>{(adapter) => <AdapterView adapter={adapter} />}</QueryView>
    </Page>
  );
}

function Lead({ adapter: { model, aliases } }: { adapter: Adapter }) {
  return (
    <Group gap="xs" component="span">
      {words.of(model)}
      <AliasBadges aliases={aliases} />
    </Group>
  );
}

function AdapterView({ adapter }: { adapter: Adapter }) {
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <AdapterStory adapter={adapter} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Stack gap="lg">
          <AdapterFiles adapter={adapter} />
          <AdapterFacts adapter={adapter} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
