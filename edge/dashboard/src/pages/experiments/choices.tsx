// What the table is of: which rows are judged, what is learned from, which model is built on, and whose figures stand beside.
import { Input, SegmentedControl, Select, SimpleGrid } from '@mantine/core';
import { PAPER_DOMAINS } from '@tallrec/shared/paper-figures';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { Entry, Selection } from './entries.ts';
import type { ExperimentSearch } from './search.ts';

const words = texts.experiments.choices;

interface ChoicesProps {
  selection: Selection;
  datasets: readonly Dataset[];
  search: ExperimentSearch;
  onChange: (search: ExperimentSearch) => void;
  entries: readonly Entry[];
  /** Models that nodes hold. */
  held: readonly string[];
}

export function Choices({ selection, datasets, search, onChange, entries, held }: ChoicesProps) {
  const nameOf = (id: string) => datasets.find((one) => one.id === id)?.name ?? id;
  const options = (ids: readonly (string | null)[]) =>
    [...new Set(ids.filter((id) => id !== null))].map((id) => ({ value: id, label: nameOf(id) }));
  const rows = rowsChoices(entries, selection);
  const trains = options([selection.train, ...entries.map(({ train }) => train), ...datasets.map(({ id }) => id)]);
  const models = options([selection.model, ...entries.map(({ model }) => model), ...held]);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: rows.length > 1 ? 5 : 4 }}>
      <Select
        label={words.dataset}
        searchable
        allowDeselect={false}
        data={options([selection.dataset, ...datasets.map(({ id }) => id)])}
        value={selection.dataset}
        onChange={(dataset) => onChange({ ...(dataset ? { dataset } : {}), domain: search.domain })}
      />
      {rows.length > 1 && (
        <Select
          label={words.rows}
          allowDeselect={false}
          data={rows.map(({ value, label }) => ({ value, label }))}
          value={JSON.stringify([selection.split, selection.limit])}
          onChange={(value) => {
            const chosen = rows.find((one) => one.value === value)!;
            onChange({ ...search, split: chosen.split, limit: chosen.limit ?? undefined });
          }}
        />
      )}
      <Select
        label={words.train}
        searchable
        allowDeselect={false}
        placeholder={words.none}
        data={trains}
        value={selection.train}
        onChange={(train) => onChange({ ...search, train: train ?? undefined })}
      />
      <Select
        label={words.model}
        allowDeselect={false}
        placeholder={words.none}
        data={models}
        value={selection.model}
        onChange={(model) => onChange({ ...search, model: model ?? undefined })}
      />
      <Input.Wrapper label={words.domain} labelElement="div">
        <SegmentedControl
          fullWidth
          aria-label={words.domain}
          data={(['none', ...PAPER_DOMAINS] as const).map((value) => ({ value, label: words.domains[value] }))}
          value={search.domain ?? 'none'}
          onChange={(domain) => onChange({ ...search, domain: domain === 'none' ? undefined : domain })}
        />
      </Input.Wrapper>
    </SimpleGrid>
  );
}

function rowsChoices(entries: readonly Entry[], { split, limit }: Selection) {
  const found = [
    { split: 'test' as const, limit: null },
    { split, limit },
    ...entries.map(({ evaluation }) => evaluation),
  ];
  const distinct = new Map(found.map((one) => [JSON.stringify([one.split, one.limit]), one]));
  return [...distinct].map(([value, one]) => ({
    value,
    split: one.split,
    limit: one.limit,
    label: [
      texts.evaluationDetail.splits[one.split],
      ...(one.limit === null ? [] : [texts.compare.limited(formatNumber(one.limit))]),
    ].join(', '),
  }));
}
