// Who answers: model, adapter, template, and what an item is called.
import '@mantine/core/styles/Grid.css';
import { Alert, Grid, Paper, Select, TextInput } from '@mantine/core';
import { TEMPLATES, type Template } from '@tallrec/shared/prompt';
import { nounSchema } from '@tallrec/shared/sample';
import { useState } from 'react';
import { adapterOptions } from '../../parts/adapter-options.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ItemFactsSelect } from '../../parts/item-facts-select.tsx';
import { texts } from '../../texts.ts';
import type { ChoiceView } from './use-choice.ts';
import type { TrialView } from './use-trial.ts';

const words = texts.playground.choice;
const templates = texts.settings.templates;

export function ChoiceBar({ view, trial }: { view: ChoiceView; trial: TrialView }) {
  const { choice, adapter, adapters, models, isPending, error } = view;
  const other = choice && adapter && adapter.template !== choice.template;
  return (
    <Paper withBorder p="md" component="section" aria-label={words.label}>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
          <Select
            label={words.model}
            data={choice && !models.includes(choice.model) ? [...models, choice.model] : [...models]}
            value={choice?.model ?? null}
            onChange={(model) => model !== null && view.chooseModel(model)}
            allowDeselect={false}
            disabled={isPending}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, xs: 6, md: 4 }}>
          <Select
            label={words.adapter}
            placeholder={words.none}
            data={adapterOptions(adapters, choice?.model ?? null, choice?.adapter)}
            value={choice?.adapter ?? null}
            onChange={view.chooseAdapter}
            searchable
            clearable
            disabled={isPending}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
          <Select
            label={words.template}
            data={TEMPLATES.map((value) => ({ value, label: templates[value] }))}
            value={choice?.template ?? null}
            onChange={(template) => template !== null && view.chooseTemplate(template as Template)}
            allowDeselect={false}
            disabled={isPending}
            {...(other ? { description: words.otherTemplate(adapter.template), inputWrapperOrder: BELOW } : {})}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, xs: 6, md: 2 }}>
          <NounField key={trial.trial.noun} trial={trial} />
        </Grid.Col>
      </Grid>
      {view.weighsFacts && (
        <ItemFactsSelect
          mt="md"
          label={words.items}
          description={words.itemsHint}
          value={choice?.items ?? null}
          onChange={view.chooseItems}
        />
      )}
      {error && <ErrorAlert error={error} />}
      {!isPending && models.length === 0 && (
        <Alert color="yellow" mt="md">
          {words.noModels}
        </Alert>
      )}
    </Paper>
  );
}

const BELOW: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

function NounField({ trial: { trial, change } }: { trial: TrialView }) {
  const [noun, setNoun] = useState<string>(trial.noun);
  const valid = nounSchema.safeParse(noun).success;
  return (
    <TextInput
      label={words.noun}
      value={noun}
      error={!valid && words.nounWrong}
      onChange={({ currentTarget: { value } }) => setNoun(value)}
      onBlur={() => valid && change((before) => ({ ...before, noun }))}
    />
  );
}
