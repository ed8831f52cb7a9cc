// The prompts that a dataset gives, one at a time, cut into the tokens of a model.
import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { TEMPLATES, type Template } from '@tallrec/shared/prompt';
import type { Dataset, Preview } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { PromptText } from '../../parts/prompt-text.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { previewQuery } from '../../queries/datasets.ts';
import { modelsQuery } from '../../queries/models.ts';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.prompts;

export function DatasetPrompts({ dataset: { id, kind } }: { dataset: Dataset }) {
  return (
    <Panel title={words.title}>
      {kind === 'items' ? <Text c="dimmed">{words.items}</Text> : <Prompts id={id} kind={kind} />}
    </Panel>
  );
}

function Prompts({ id, kind }: Pick<Dataset, 'id' | 'kind'>) {
  const [template, setTemplate] = useState<Template>(kind === 'instructions' ? 'alpaca' : 'clean');
  const [model, setModel] = useState<string | null>(null);
  const query = useQuery(previewQuery(id, template, model ?? undefined));
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {words.lead}
      </Text>
      <Group align="flex-end">
        <Select
          label={words.template}
          w={{ base: '100%', xs: 360 }}
          data={TEMPLATES.map((value) => ({ value, label: texts.settings.templates[value] }))}
          allowDeselect={false}
          value={template}
          onChange={(value) => setTemplate(TEMPLATES.find((one) => one === value) ?? template)}
        />
        <ModelSelect model={model} onChange={setModel} />
      </Group>
      <QueryView query={query}>{(preview) => <Samples preview={preview} />}</QueryView>
    </Stack>
  );
}

function ModelSelect({ model, onChange }: { model: string | null; onChange: (model: string | null) => void }) {
  const { data } = useQuery(modelsQuery);
  const names = [...new Set(data?.items.map(({ name }) => name))];
  if (names.length === 0) return null;
  return (
    <Select
      label={words.model}
      w={{ base: '100%', xs: 260 }}
      placeholder={words.anyModel}
      clearable
      data={names}
      value={model}
      onChange={onChange}
    />
  );
}

function Samples({ preview: { samples, tokenizer } }: { preview: Preview }) {
  const [asked, setAt] = useState(0);
  const at = Math.min(asked, samples.length - 1);
  const sample = samples[at];
  if (!sample) return <Text c="dimmed">{words.none}</Text>;
  const { prompt, pieces, tokens, answer } = sample;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" fw={500} aria-live="polite">
          {words.position(formatNumber(at + 1), formatNumber(samples.length))}
        </Text>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            disabled={at === 0}
            onClick={() => setAt(at - 1)}
            aria-label={words.previous}
          >
            {words.back}
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={at === samples.length - 1}
            onClick={() => setAt(at + 1)}
            aria-label={words.next}
          >
            {words.on}
          </Button>
        </Group>
      </Group>
      <PromptText prompt={prompt} pieces={pieces} answer={answer} sample={sample.sample} />
      <Text size="sm" c="dimmed">
        {tokens === null || tokenizer === null ? words.noTokens : `${words.tokens(formatNumber(tokens), tokenizer)}.`}
        {tokens !== null && pieces === null && ` ${words.noPieces}`}
      </Text>
    </Stack>
  );
}
