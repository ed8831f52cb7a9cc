// A new tuning: what to learn from, which model learns, and the recipe for those who want to change it.
import { Accordion, Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { useCreateTuning } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { ChoiceFields } from './choice-fields.tsx';
import { RecipeFields } from './recipe-fields.tsx';
import { initialValues, requestOf, STAGES, type TuningValues, tuningErrors } from './tuning-form.ts';

const words = texts.tuningForm;
const ADVANCED = 'advanced';

const isOfRecipe = (field: string) => field.startsWith('hyperParameters');

export function NewTuningPage() {
  const navigate = useNavigate();
  const { dataset, stage } = useSearch({ from: '/app/tunings/new' });
  const create = useCreateTuning();
  const [opened, setOpened] = useState<string | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<TuningValues>({
    initialValues: {
      ...initialValues(),
      dataset: dataset ?? null,
      stage: STAGES.find((one) => one === stage) ?? 'rec',
    },
    validate: tuningErrors,
    validateInputOnBlur: true,
  });

  /** Opens the recipe if one of them lies there, and leads to the first. */
  function show(errors: Record<string, unknown>) {
    if (Object.keys(errors).some(isOfRecipe)) setOpened(ADVANCED);
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
      onSuccess: ({ id }) => navigate({ to: '/tunings/$id', params: { id } }),
      onError: refused,
    });
  }, show);

  return (
    <Page title={words.title} lead={words.lead}>
      <form ref={element} onSubmit={submit} noValidate>
        <Stack maw={720} gap="lg">
          <ChoiceFields form={form} />
          <Accordion variant="contained" value={opened} onChange={setOpened}>
            <Accordion.Item value={ADVANCED}>
              <Accordion.Control>{words.advanced}</Accordion.Control>
              <Accordion.Panel>
                <RecipeFields form={form} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {create.error && <ErrorAlert error={create.error} />}
          <Group>
            <Button type="submit" loading={create.isPending}>
              {words.submit}
            </Button>
            <LinkButton to="/tunings" variant="default">
              {texts.common.cancel}
            </LinkButton>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
