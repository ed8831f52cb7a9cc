// What is judged: a model with or without an adapter, or a method with what it learns by.
import { Alert, Input, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { evaluatedMethodSchema, METHOD_KINDS, methodNamed } from '@tallrec/shared/methods';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { adapterOptions, findByRef } from '../../parts/adapter-options.ts';
import { useOnlyModel } from '../../parts/only-model.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { adaptersQuery } from '../../queries/adapters.ts';
import { modelsQuery } from '../../queries/models.ts';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { newestTuningsQuery, tuningQuery } from '../../queries/tunings.ts';
import { useListed } from '../../queries/use-listed.ts';
import { texts } from '../../texts.ts';
import type { Asked, EvaluationValues } from './evaluation-form.ts';

const words = texts.evaluationForm;
export const described = ({ label, hint }: { label: string; hint: string }) => ({ label, description: hint });

export interface FieldsProps {
  form: UseFormReturnType<EvaluationValues>;
  asked: Asked;
}

const METHODS = METHOD_KINDS.map((kind) => ({
  group: words.methodKinds[kind],
  items: evaluatedMethodSchema.options
    .map(methodNamed)
    .filter((method) => method.kind === kind)
    .map(({ name, title }) => ({ value: name, label: title })),
}));

export function SubjectFields({ form, asked }: FieldsProps) {
  const { method } = form.values;
  return (
    <Stack gap="lg">
      <Input.Wrapper label={words.subject} labelElement="div">
        <div>
          <SegmentedControl
            mt={4}
            aria-label={words.subject}
            data={(['model', 'method'] as const).map((value) => ({ value, label: words.subjects[value] }))}
            {...form.getInputProps('subject')}
          />
        </div>
      </Input.Wrapper>
      {asked.method && (
        <Stack gap={4}>
          <Select {...described(words.method)} required searchable data={METHODS} {...form.getInputProps('method')} />
          {method && methodNamed(method).needs === 'encoder' && (
            <Text size="sm" c="dimmed">
              {words.needsEncoder}
            </Text>
          )}
        </Stack>
      )}
      {asked.adapter && <AdapterField form={form} />}
      {asked.adapter && form.values.adapter !== null && (
        <Switch {...described(words.untuned)} {...form.getInputProps('untuned', { type: 'checkbox' })} />
      )}
      {asked.model && <ModelField form={form} />}
      {asked.method && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {asked.shots && (
            <NumberInput {...described(words.shots)} min={1} allowDecimal={false} {...form.getInputProps('shots')} />
          )}
          <NumberInput {...described(words.seed)} min={0} allowDecimal={false} {...form.getInputProps('seed')} />
        </SimpleGrid>
      )}
    </Stack>
  );
}

type FormProps = Pick<FieldsProps, 'form'>;

function AdapterField({ form }: FormProps) {
  const query = useQuery(adaptersQuery);
  useDefaultsOf(findByRef(query.data?.items ?? [], form.values.adapter), form);
  return (
    <QueryView query={query}>
      {({ items }) => (
        <Select
          {...described(words.adapter)}
          searchable
          clearable
          placeholder={words.noAdapter}
          data={adapterOptions(items, null, form.values.adapter)}
          {...form.getInputProps('adapter')}
          onChange={(adapter) => {
            const model = findByRef(items, adapter)?.model;
            form.setValues({ adapter, ...(model ? { model } : {}) });
          }}
        />
      )}
    </QueryView>
  );
}

/** What an adapter suggests, where nothing was chosen: its model, the ratings it learned from, and of these the part that it did not see. */
function useDefaultsOf(adapter: Adapter | undefined, form: FormProps['form']): void {
  const made = adapter?.tuning ?? null;
  const [tuning] = useListed(made === null ? [] : [made], useQuery(newestTuningsQuery), tuningQuery);
  const { items: datasets } = useDatasetsForStage('rec');
  const learnedFrom = datasets?.find(({ id }) => id === tuning?.dataset);
  const model = adapter?.model;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was chosen meanwhile is looked up, and suggests nothing by itself
  useEffect(() => {
    const { values } = form;
    form.setValues({
      ...(model !== undefined && values.model === null ? { model } : {}),
      ...(learnedFrom && values.trainDataset === null ? { trainDataset: learnedFrom.id } : {}),
      ...(learnedFrom?.kind === 'interactions' && values.dataset === null ? { dataset: learnedFrom.id } : {}),
    });
  }, [model, learnedFrom?.id]);
}

function ModelField({ form }: FormProps) {
  const query = useQuery(modelsQuery);
  const held = [...new Set((query.data?.items ?? []).map(({ name }) => name))];
  useOnlyModel(form.values.model, (model) => form.setFieldValue('model', model));
  return (
    <QueryView query={query}>
      {() => {
        const { model } = form.values;
        const names = [...new Set([...held, ...(model ? [model] : [])])];
        return names.length === 0 ? (
          <Alert color="yellow">{texts.tuningForm.noModels}</Alert>
        ) : (
          <Select {...described(words.model)} required data={names} {...form.getInputProps('model')} />
        );
      }}
    </QueryView>
  );
}
