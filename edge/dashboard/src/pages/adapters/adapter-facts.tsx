// An adapter's files and the rest of what is known of it.
import { Anchor, Code, DataList, Stack, Text } from '@mantine/core';
import { ADAPTER_FILES, type Adapter } from '@tallrec/shared/wire/adapters';
import { Copyable } from '../../parts/copyable.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatBytes, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Maker } from '../../parts/thing.tsx';
import { texts } from '../../texts.ts';

const { files: words, facts } = texts.adapters;

export function AdapterFiles({ adapter: { id, files } }: { adapter: Adapter }) {
  return (
    <Panel title={words.title}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {words.lead}
        </Text>
        <File id={id} name={ADAPTER_FILES.config} label={words.config} sha256={files.configSha256} />
        <File
          id={id}
          name={ADAPTER_FILES.weights}
          label={words.weights}
          sha256={files.weightsSha256}
          size={formatBytes(files.weightsBytes)}
        />
      </Stack>
    </Panel>
  );
}

interface FileProps {
  id: string;
  name: string;
  label: string;
  sha256: string;
  size?: string;
}

function File({ id, name, label, sha256, size }: FileProps) {
  return (
    <Stack gap={4}>
      <Text size="sm">
        <Anchor inherit href={`/v1/adapters/${id}/files/${name}`} download>
          {label}
        </Anchor>
        {size && ` (${size})`}
      </Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {words.sha256} <Hash value={sha256} />
      </Text>
    </Stack>
  );
}

/** In two lines alike. */
function Hash({ value }: { value: string }) {
  return (
    <Code fz="xs" maw="34ch" display="block">
      {value}
    </Code>
  );
}

export function AdapterFacts({ adapter: { id, modelHash, createdBy, createdAt } }: { adapter: Adapter }) {
  return (
    <Panel title={facts.title}>
      <DataList labelWidth="9em">
        <Fact name={words.id}>
          <Copyable value={id} label={words.id} />
        </Fact>
        {modelHash && (
          <Fact name={facts.modelHash}>
            <Hash value={modelHash} />
          </Fact>
        )}
        <Fact name={facts.created}>
          <Time at={createdAt} />
        </Fact>
        <Fact name={facts.createdBy}>
          <Maker id={createdBy} />
        </Fact>
      </DataList>
    </Panel>
  );
}
