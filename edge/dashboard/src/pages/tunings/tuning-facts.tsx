// What a tuning was made of, where it runs, and what came of it.
import { Anchor, DataList, Group, Stack } from '@mantine/core';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { Copyable } from '../../parts/copyable.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatNumber, formatSpan, Time } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { datasetQuery } from '../../queries/datasets.ts';
import { nodeQuery } from '../../queries/nodes.ts';
import { tuningReportQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

const words = texts.tuningDetail;
const fact = words.fact;

export function TuningFacts({ tuning }: { tuning: Tuning }) {
  const { adapter, initAdapter, validDataset, node, checkpointStep, createdAt, endedAt, stopReason } = tuning;
  return (
    <Panel title={words.facts}>
      <DataList labelWidth="11em">
        <Fact name={fact.model}>{tuning.model}</Fact>
        <Fact name={fact.dataset}>
          <DatasetName id={tuning.dataset} />
        </Fact>
        {validDataset && (
          <Fact name={fact.validDataset}>
            <DatasetName id={validDataset} />
          </Fact>
        )}
        {initAdapter && (
          <Fact name={fact.initAdapter}>
            <Anchor href={`/adapters/${initAdapter}`} inherit>
              {initAdapter.slice(0, 12)}
            </Anchor>
          </Fact>
        )}
        {node && (
          <Fact name={fact.node}>
            <NodeName id={node} />
          </Fact>
        )}
        {checkpointStep !== null && (
          <Fact name={fact.checkpoint}>{fact.checkpointStep(formatNumber(checkpointStep))}</Fact>
        )}
        <Fact name={fact.created}>
          <Time at={createdAt} />
        </Fact>
        {endedAt && (
          <Fact name={fact.ended}>
            <Time at={endedAt} />
          </Fact>
        )}
        {stopReason && <Fact name={fact.reason}>{words.stopReasons[stopReason] ?? stopReason}</Fact>}
        {tuning.state === 'succeeded' && <ReportFacts id={tuning.id} />}
        {adapter && (
          <Fact name={fact.adapter}>
            <AdapterFacts id={adapter} />
          </Fact>
        )}
      </DataList>
    </Panel>
  );
}

/** By its id until it is found, and where it is gone. */
function DatasetName({ id }: { id: string }) {
  const { data } = useQuery(datasetQuery(id));
  return (
    <Anchor href={`/datasets/${id}`} inherit>
      {data?.name ?? id}
    </Anchor>
  );
}

function NodeName({ id }: { id: string }) {
  const { data } = useQuery(nodeQuery(id));
  return data ? <LinkAnchor to="/nodes">{data.name}</LinkAnchor> : id;
}

function AdapterFacts({ id }: { id: string }) {
  const file = (name: string) => `/v1/adapters/${id}/files/${name}`;
  return (
    <Stack gap="xs">
      <Copyable value={id} label={fact.adapter} />
      <Group gap="md">
        <Anchor size="sm" href={file(ADAPTER_FILES.config)} download>
          {words.download.config}
        </Anchor>
        <Anchor size="sm" href={file(ADAPTER_FILES.weights)} download>
          {words.download.weights}
        </Anchor>
      </Group>
    </Stack>
  );
}

function ReportFacts({ id }: { id: string }) {
  const { data: report } = useQuery(tuningReportQuery(id));
  if (!report) return null;
  const { provider, precision, trainSamples, validSamples, durationMs } = report;
  return (
    <>
      <Fact name={fact.engine}>{`${provider}, ${precision}`}</Fact>
      <Fact name={fact.samples}>{fact.sampleCounts(formatNumber(trainSamples), formatNumber(validSamples))}</Fact>
      <Fact name={fact.duration}>{formatSpan(durationMs)}</Fact>
    </>
  );
}
