// A new batch scoring: which rows, what to do with them, and who does it.
import { Accordion, Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { adapterQuery } from '../../queries/adapters.ts';
import { useCreateScoring } from '../../queries/scorings.ts';
import { texts } from '../../texts.ts';
import { DataFields, MoreFields, ScorerFields } from './scoring-fields.tsx';
import { initialValues, requestOf, type ScoringValues, scoringErrors } from './scoring-form.ts';

const words = texts.scorings.form;
const MORE = 'more';
/** Fields that are hidden at first. */
const OF_MORE = ['name', 'template', 'priority', 'wait'];

export function NewScoringPage() {
  const { dataset, adapter } = useSearch({ from: '/app/scorings/new' });
  const navigate = useNavigate();
  const create = useCreateScoring();
  const [opened, setOpened] = useState<string | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<ScoringValues>({
    initialValues: initialValues({ dataset: dataset ?? null, adapter: adapter ?? null }),
    validate: scoringErrors,
    validateInputOnBlur: true,
  });
  useModelOfAdapter(adapter, (model) => form.setValues({ model }));

  /** Opens what is hidden if an error lies there, and leads to the first. */
  function show(errors: Record<string, unknown>) {
    if (Object.keys(errors).some((field) => OF_MORE.includes(field))) setOpened(MORE);
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }

  const submit = form.onSubmit(
    (values) =>
      create.mutate(
        { body: requestOf(values), idempotencyKey: crypto.randomUUID() },
        {
          onSuccess: ({ id }) => navigate({ to: '/scorings/$id', params: { id } }),
          onError: (error) => {
            const errors = refusedFields(error);
            form.setErrors(errors);
            show(errors);
          },
        },
      ),
    show,
  );

  return (
    <Page title={words.title} lead={words.lead}>
      <form ref={element} onSubmit={submit} noValidate>
        <Stack maw={720} gap="lg">
          <DataFields form={form} />
          <ScorerFields form={form} />
          <Accordion variant="contained" value={opened} onChange={setOpened}>
            <Accordion.Item value={MORE}>
              <Accordion.Control>{words.more}</Accordion.Control>
              <Accordion.Panel>
                <MoreFields form={form} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {create.error && <ErrorAlert error={create.error} />}
          <Group>
            <Button type="submit" loading={create.isPending}>
              {words.submit}
            </Button>
            <LinkButton to="/scorings" variant="default">
              {texts.common.cancel}
            </LinkButton>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}

/** An adapter that was chosen beforehand says for which model it is. */
function useModelOfAdapter(ref: string | undefined, fill: (model: string) => void) {
  const { data } = useQuery({ ...adapterQuery(ref ?? ''), enabled: ref !== undefined });
  const filled = useRef(false);
  useEffect(() => {
    if (!data || filled.current) return;
    filled.current = true;
    fill(data.model);
  });
}
