// An adapter's provenance as one chain: the data, the tuning, the adapter itself, how it was judged, and what it is used as.
import '@mantine/core/styles/Timeline.css';
import { Timeline, Title } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { AdapterLink } from '../../parts/entity-names.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { tuningQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { AdapterEvaluations } from './adapter-evaluations.tsx';
import { AdapterItself, DataTold, TuningTold, Uses } from './story-steps.tsx';

const words = texts.adapters.story;

interface Step {
  title: string;
  told: ReactNode;
}

export function AdapterStory({ adapter }: { adapter: Adapter }) {
  const tuning = useQuery({ ...tuningQuery(adapter.tuning ?? ''), enabled: adapter.tuning !== null });
  if (adapter.tuning !== null && tuning.isPending) {
    return (
      <Panel title={words.title}>
        <Loading />
      </Panel>
    );
  }
  const steps: Step[] = [
    ...originOf(adapter, tuning.data),
    { title: words.adapter, told: <AdapterItself adapter={adapter} /> },
    { title: words.judged, told: <AdapterEvaluations adapter={adapter} /> },
    { title: words.use, told: <Uses aliases={adapter.aliases} /> },
  ];
  return (
    <Panel title={words.title}>
      <Timeline active={steps.length} bulletSize={16} lineWidth={2} role="list">
        {steps.map(({ title, told }) => (
          <Timeline.Item
            key={title}
            role="listitem"
            title={
              <Title order={3} size="h5">
                {title}
              </Title>
            }
          >
            {told}
          </Timeline.Item>
        ))}
      </Timeline>
    </Panel>
  );
}

function originOf(adapter: Adapter, tuning: Tuning | undefined): Step[] {
  if (adapter.tuning === null) return [{ title: words.imported, told: words.importedBody }];
  if (!tuning) return [{ title: words.tuning, told: words.tuningGone }];
  const { dataset, validDataset, initAdapter } = tuning;
  return [
    { title: words.data, told: <DataTold id={dataset} validated={validDataset !== null} /> },
    ...(validDataset ? [{ title: words.validData, told: <DataTold id={validDataset} validated /> }] : []),
    ...(adapter.items ? [{ title: words.itemFacts, told: <DataTold id={adapter.items.dataset} validated /> }] : []),
    ...(initAdapter ? [{ title: words.start, told: <AdapterLink id={initAdapter} /> }] : []),
    { title: words.tuning, told: <TuningTold tuning={tuning} /> },
  ];
}
