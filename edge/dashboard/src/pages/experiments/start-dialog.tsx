// The window in which missing cells are started: what they need, how many there will be, then one after the other.
import {
  Button,
  Group,
  Modal,
  MultiSelect,
  NumberInput,
  Progress,
  Select,
  SimpleGrid,
  Stack,
  Text,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { methodNamed } from '@tallrec/shared/methods';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useMemo } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { datasetOption } from '../../parts/dataset-option.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { cellName } from './cell-button.tsx';
import type { Cell, Shots } from './cells.ts';
import type { Selection } from './entries.ts';
import { examplesIn, type Means, obstacleOf } from './obstacles.ts';
import { needsOf, requestsOf, type StartValues, startErrors } from './start.ts';
import { TuningTime } from './tuning-time.tsx';
import { useStartMany } from './use-start-many.ts';

const words = texts.experiments.dialog;
const fields = texts.evaluationForm;

interface StartDialogProps {
  cells: readonly Cell[];
  selection: Selection;
  datasets: readonly Dataset[];
  models: readonly string[];
  means: Means;
  onClose: () => void;
}

export function StartDialog({ cells, selection, datasets, models, means, onClose }: StartDialogProps) {
  // As it was when the window was opened: what is started meanwhile goes on to be counted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is of the first render
  const asked = useMemo(() => cells, []);
  const all = [...new Set(asked.map(({ method }) => method))];
  const instructions = (useDatasetsForStage('alpaca').items ?? []).map(datasetOption);
  const examplesFor = ({ trainDataset }: Pick<StartValues, 'trainDataset'>) =>
    examplesIn(datasets.find(({ id }) => id === trainDataset));
  const isEnough = (values: StartValues, shots: Shots) => shots === null || shots <= (examplesFor(values) ?? shots);
  const requestsFor = (values: StartValues) => {
    const possible = asked.filter(({ shots }) => isEnough(values, shots));
    return requestsOf(possible, values, selection);
  };
  const form = useForm<StartValues>({
    initialValues: {
      methods: all,
      seeds: Math.max(1, ...asked.map(({ seeds, fromReports }) => (fromReports ? 0 : seeds.length + 1))),
      trainDataset: selection.train,
      validDataset: null,
      instructionsDataset: null,
      model: selection.model,
      maxSteps: '',
    },
    validate: (values) => startErrors(values, requestsFor(values)),
    validateInputOnBlur: true,
  });
  const requests = requestsFor(form.values);
  const few = asked.filter(
    ({ method, shots }) => form.values.methods.includes(method) && !isEnough(form.values, shots),
  );
  const started = useStartMany();
  const needs = needsOf(form.values.methods);
  const learning = datasets.map(datasetOption);
  const cellCount = new Set(requests.map(({ method, shots }) => `${method} ${shots}`)).size;

  const submit = form.onSubmit(async () => {
    if (await started.start(requests)) onClose();
  });

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={asked.length === 1 ? texts.experiments.startNamed(cellName(asked[0]!)) : words.title}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{words.lead}</Text>
          {all.length > 1 && (
            <MultiSelect
              label={words.methods}
              description={words.methodsHint}
              data={all.map((method) => ({
                value: method,
                label: methodNamed(method).title,
                disabled: obstacleOf({ method, shots: null }, means) !== null,
              }))}
              {...form.getInputProps('methods')}
            />
          )}
          {needs.encoder.length > 0 && <Text size="sm">{words.encoder(needs.encoder.join(', '))}</Text>}
          {needs.train && (
            <Select
              label={fields.learn.label}
              description={fields.learn.hint}
              required
              searchable
              data={learning}
              {...form.getInputProps('trainDataset')}
            />
          )}
          {needs.train && (
            <Select
              label={fields.validDataset.label}
              description={fields.validDataset.hint}
              searchable
              clearable
              placeholder={texts.tuningForm.byRule}
              data={learning}
              {...form.getInputProps('validDataset')}
            />
          )}
          <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: 'end' }}>
            {needs.model && (
              <Select
                label={fields.model.label}
                description={fields.model.hint}
                required
                data={[...new Set([...models, ...(selection.model ? [selection.model] : [])])]}
                {...form.getInputProps('model')}
              />
            )}
            {needs.instructions && (
              <Select
                label={fields.instructionsDataset.label}
                description={fields.instructionsDataset.hint}
                required
                data={instructions}
                {...form.getInputProps('instructionsDataset')}
              />
            )}
            {needs.seeds && (
              <NumberInput
                label={words.seeds}
                description={words.seedsHint}
                min={1}
                max={20}
                allowDecimal={false}
                {...form.getInputProps('seeds')}
              />
            )}
            {needs.recipe && (
              <NumberInput
                label={words.maxSteps}
                description={words.maxStepsHint}
                min={1}
                allowDecimal={false}
                placeholder={texts.tuningForm.byRule}
                {...form.getInputProps('maxSteps')}
              />
            )}
          </SimpleGrid>
          {few.length > 0 && (
            <Text size="sm">
              {words.leftOut(formatNumber(few.length), formatNumber(examplesFor(form.values) ?? 0))}
            </Text>
          )}
          <TuningTime requests={requests} />
          {started.error && <ErrorAlert error={started.error} />}
          {started.running && (
            <Progress
              value={(100 * started.done) / Math.max(1, started.total)}
              aria-label={words.progress(formatNumber(started.done), formatNumber(started.total))}
            />
          )}
          <Group justify="space-between">
            <Text size="sm" role="status">
              {started.running
                ? words.progress(formatNumber(started.done), formatNumber(started.total))
                : requests.length === 0
                  ? words.nothing
                  : words.count(requests.length, cellCount)}
            </Text>
            <Group>
              <Button variant="default" onClick={onClose}>
                {texts.common.cancel}
              </Button>
              <Button type="submit" loading={started.running} disabled={requests.length === 0}>
                {words.submit(formatNumber(requests.length))}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
