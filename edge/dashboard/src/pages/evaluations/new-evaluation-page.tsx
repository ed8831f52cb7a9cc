// A new evaluation: what is judged, on what, and how it is made where it is made anew.
import { Accordion, Button, Group, NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { TEMPLATES } from '@tallrec/shared/prompt';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { useCreateEvaluation } from '../../queries/evaluations.ts';
import { texts } from '../../texts.ts';
import { RecipeFields } from '../tunings/recipe-fields.tsx';
import { DataFields } from './data-fields.tsx';
import { askedFor, type EvaluationValues, evaluationErrors, initialValues, requestOf } from './evaluation-form.ts';
import { described, type FieldsProps, SubjectFields } from './subject-fields.tsx';

const words = texts.evaluationForm;
const settings = texts.settings;
const ADVANCED = 'advanced';
const ADVANCED_FIELDS = /^(hyperParameters|template|priority|name|wait)/;

export function NewEvaluationPage() {
  const preselected = useSearch({ from: '/app/evaluations/new' });
  const navigate = useNavigate();
  const create = useCreateEvaluation();
  const [opened, setOpened] = useState<string | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<EvaluationValues>({
    initialValues: initialValues(preselected),
    validate: evaluationErrors,
    validateInputOnBlur: true,
  });
  const asked = askedFor(form.values);

  /** Opens what holds one of them, and leads to the first. */
  function show(errors: Record<string, unknown>) {
    if (Object.keys(errors).some((field) => ADVANCED_FIELDS.test(field))) setOpened(ADVANCED);
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }

  function refused(error: Error) {
    const errors = refusedFields(error);
    form.setErrors(errors);
    show(errors);
  }

  const submit = form.onSubmit((values) => {
    const input = { body: requestOf(values), idempotencyKey: crypto.randomUUID() };
    create.mutate(input, {
      onSuccess: ({ id }) => navigate({ to: '/evaluations/$id', params: { id } }),
      onError: refused,
    });
  }, show);

  return (
    <Page title={words.title} lead={words.lead}>
      <form ref={element} onSubmit={submit} noValidate>
        <Stack maw={720} gap="lg">
          <SubjectFields form={form} asked={asked} />
          <DataFields form={form} asked={asked} />
          <Accordion variant="contained" value={opened} onChange={setOpened}>
            <Accordion.Item value={ADVANCED}>
              <Accordion.Control>{asked.recipe ? words.recipe : words.advanced}</Accordion.Control>
              <Accordion.Panel>
                <AdvancedFields form={form} asked={asked} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {create.error && <ErrorAlert error={create.error} />}
          <Group>
            <Button type="submit" loading={create.isPending}>
              {words.submit}
            </Button>
            <LinkButton to="/evaluations" variant="default">
              {texts.common.cancel}
            </LinkButton>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}

function AdvancedFields({ form, asked }: FieldsProps) {
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput {...described(settings.name)} maxLength={100} {...form.getInputProps('name')} />
        {asked.template && (
          <Select
            {...described(settings.template)}
            placeholder={texts.common.ownTemplate}
            clearable
            data={TEMPLATES.map((value) => ({ value, label: settings.templates[value] }))}
            {...form.getInputProps('template')}
          />
        )}
        {!asked.recipe && (
          <NumberInput
            {...described(settings.priority)}
            min={-10}
            max={10}
            allowDecimal={false}
            {...form.getInputProps('priority')}
          />
        )}
      </SimpleGrid>
      {asked.model && <Switch {...described(settings.wait)} {...form.getInputProps('wait', { type: 'checkbox' })} />}
      {asked.recipe && <RecipeFields form={form} />}
    </Stack>
  );
}
