// What a tuning was made of, where it runs, and what came of it.
import { Anchor, DataList, Group, Stack } from '@mantine/core';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { Copyable } from '../../parts/copyable.tsx';
import { AdapterLink, DatasetLink, NodeName } from '../../parts/entity-names.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatNumber, formatSpan, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
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
          <DatasetLink id={tuning.dataset} />
        </Fact>
        {validDataset && (
          <Fact name={fact.validDataset}>
            <DatasetLink id={validDataset} />
          </Fact>
        )}
        {tuning.items && (
          <Fact name={fact.items}>
            <DatasetLink id={tuning.items.dataset} />
          </Fact>
        )}
        {initAdapter && (
          <Fact name={fact.initAdapter}>
            <AdapterLink id={initAdapter} />
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
