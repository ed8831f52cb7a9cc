// New tunings: what to learn from, which model learns, the recipe for those who want to change it, and beside it all what it would take.
import { Accordion, Alert, Button, Grid, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { LinkAnchor, LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { Sweep } from '../../parts/sweep.ts';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { postTuning, useCreateTunings } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { ChoiceFields, WaitSwitch } from './choice-fields.tsx';
import { compareHref } from './compare-href.ts';
import { EstimatesPanel } from './estimates-panel.tsx';
import { Presets } from './presets.tsx';
import { RecipeFields } from './recipe-fields.tsx';
import {
  initialValues,
  ofForm,
  requestsOf,
  STAGES,
  type TuningRequest,
  type TuningValues,
  tuningErrors,
} from './tuning-form.ts';

const words = texts.tuningForm;
const ADVANCED = 'advanced';

const isOfRecipe = (field: string) => field.startsWith('hyperParameters');

export function NewTuningPage() {
  const navigate = useNavigate();
  const [sweep] = useState(() => new Sweep(postTuning, () => crypto.randomUUID()));
  const [, setMade] = useState(0);
  const create = useCreateTunings((requests: TuningRequest[]) =>
    sweep.make(requests, () => setMade((before) => before + 1)),
  );
  const asked = useSearch({ from: '/app/tunings/new' });
  const [opened, setOpened] = useState<string | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<TuningValues>({
    initialValues: {
      ...initialValues(),
      dataset: asked.dataset ?? null,
      stage: STAGES.find((one) => one === asked.stage) ?? 'rec',
    },
    validate: tuningErrors,
    validateInputOnBlur: true,
  });
  const datasets = useDatasetsForStage(form.values.stage);
  const dataset = datasets.items?.find(({ id }) => id === form.values.dataset);
  const requests = requestsOf(form.values, dataset?.name);
  const made = sweep.madeOf(requests);

  /** Opens the recipe if one of them lies there, and leads to the first. */
  function show(errors: Record<string, unknown>) {
    if (Object.keys(errors).some(isOfRecipe)) setOpened(ADVANCED);
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }

  function refused(error: Error) {
    const errors = ofForm(refusedFields(error));
    form.setErrors(errors);
    show(errors);
  }

  const submit = form.onSubmit(() => {
    create.mutate(requests, {
      onSuccess: (tunings) =>
        tunings.length === 1
          ? navigate({ to: '/tunings/$id', params: { id: tunings[0]!.id } })
          : navigate({ href: compareHref(tunings) }),
      onError: refused,
    });
  }, show);

  return (
    <Page title={words.title} lead={words.lead}>
      <form ref={element} onSubmit={submit} noValidate>
        <Grid gap="xl">
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Stack gap="lg">
              <Presets form={form} />
              <ChoiceFields form={form} datasets={datasets} count={requests.length} />
              <Accordion variant="contained" value={opened} onChange={setOpened}>
                <Accordion.Item value={ADVANCED}>
                  <Accordion.Control>{words.advanced}</Accordion.Control>
                  <Accordion.Panel>
                    <Stack gap="lg">
                      <RecipeFields form={form} />
                      <WaitSwitch form={form} />
                    </Stack>
                  </Accordion.Panel>
                </Accordion.Item>
              </Accordion>
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <div className="stays-in-sight">
              <EstimatesPanel values={form.values} count={requests.length} />
            </div>
          </Grid.Col>
          <Grid.Col span={12}>
            <Stack gap="md" maw={720}>
              {create.error && made.length > 0 && <Partly made={made} of={requests.length} />}
              {create.error && <ErrorAlert error={create.error} />}
              <Group>
                <Button type="submit" loading={create.isPending}>
                  {made.length > 0 && made.length < requests.length
                    ? words.goOn(requests.length - made.length)
                    : words.submit(requests.length)}
                </Button>
                <LinkButton to="/tunings" variant="default">
                  {texts.common.cancel}
                </LinkButton>
                {create.isPending && requests.length > 1 && (
                  <Text size="sm" role="status">
                    {words.partly(formatNumber(made.length), formatNumber(requests.length))}
                  </Text>
                )}
              </Group>
            </Stack>
          </Grid.Col>
        </Grid>
      </form>
    </Page>
  );
}

function Partly({ made, of }: { made: readonly Tuning[]; of: number }) {
  return (
    <Alert color="yellow" title={words.partly(formatNumber(made.length), formatNumber(of))}>
      <Stack gap="xs">
        <Text size="sm">{words.partlyHint}</Text>
        <LinkAnchor to="/compare" search={{ tunings: made.map(({ id }) => id).join(',') }} size="sm">
          {words.seeMade}
        </LinkAnchor>
      </Stack>
    </Alert>
  );
}
