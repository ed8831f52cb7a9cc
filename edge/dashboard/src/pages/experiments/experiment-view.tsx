// The table of one dataset, with what it is narrowed to.
import { Alert, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { QueryView } from '../../parts/query-view.tsx';
import { allAdaptersQuery } from '../../queries/adapters.ts';
import { allTuningsQuery } from '../../queries/all-tunings.ts';
import { evaluationsOnQuery } from '../../queries/evaluations.ts';
import { modelsQuery } from '../../queries/models.ts';
import { nodesQuery } from '../../queries/nodes.ts';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { CellDetails } from './cell-details.tsx';
import { type Cell, tableOf } from './cells.ts';
import { Choices } from './choices.tsx';
import { type Entry, entryOf, fits, frequent, type Selection } from './entries.ts';
import { ExperimentTableView } from './experiment-table.tsx';
import { examplesIn, isFillable, type Means, mayEncode } from './obstacles.ts';
import type { ExperimentSearch } from './search.ts';
import { StartDialog } from './start-dialog.tsx';
import { TableActions } from './table-actions.tsx';

const ExperimentChart = lazy(() =>
  import('./experiment-chart.tsx').then((module) => ({ default: module.ExperimentChart })),
);
const words = texts.experiments;

interface ExperimentViewProps {
  dataset: string;
  /** Those that can be judged on. */
  datasets: readonly Dataset[];
  search: ExperimentSearch;
  onChange: (search: ExperimentSearch) => void;
}

export function ExperimentView(props: ExperimentViewProps) {
  const query = useQuery(evaluationsOnQuery(props.dataset));
  const adapters = useQuery(allAdaptersQuery);
  const tunings = useQuery(allTuningsQuery);
  const sources = { adapters: adapters.data?.items ?? [], tunings: tunings.data?.items ?? [] };
  return (
    <QueryView query={query}>
      {({ items, complete }) => (
        <>
          {!complete && <Alert color="yellow">{words.incomplete}</Alert>}
          <Found {...props} evaluations={items} entries={items.flatMap((one) => entryOf(one, sources) ?? [])} />
        </>
      )}
    </QueryView>
  );
}

interface FoundProps extends ExperimentViewProps {
  evaluations: readonly Evaluation[];
  entries: readonly Entry[];
}

function Found({ dataset, datasets, search, onChange, evaluations, entries }: FoundProps) {
  const models = useQuery(modelsQuery);
  const mayStart = useMay('evaluations:write');
  const [looked, setLooked] = useState<Cell | null>(null);
  const [starting, setStarting] = useState<readonly Cell[] | null>(null);
  const held = [...new Set((models.data?.items ?? []).map(({ name }) => name))];
  const selection = selectionOf(dataset, search, entries, held);
  const placed = entries.filter((entry) => fits(entry, selection));
  const table = tableOf(placed);
  const nodes = useQuery(nodesQuery(undefined));
  const { items: instructions } = useDatasetsForStage('alpaca');
  const means: Means = {
    examples: examplesIn(datasets.find(({ id }) => id === selection.train)),
    hasModel: !models.isSuccess || held.length > 0,
    hasEncoder: !nodes.isSuccess || nodes.data.items.some(mayEncode),
    hasInstructions: instructions === undefined || instructions.length > 0,
  };
  const missing = table.rows.flatMap(({ cells }) => cells.filter((cell) => isFillable(cell, means)));
  const domain = search.domain ?? null;
  const start = mayStart ? setStarting : undefined;
  // What is looked at is kept fresh.
  const open =
    looked &&
    table.rows.find(({ method }) => method === looked.method)?.cells.find(({ shots }) => shots === looked.shots);
  return (
    <Stack gap="lg">
      <Choices {...{ selection, datasets, search, onChange, entries, held }} />
      <TableActions table={table} domain={domain} missing={missing} onStart={start} />
      <ExperimentTableView table={table} domain={domain} means={means} onLook={setLooked} onStart={start} />
      <Text size="sm" c="dimmed">
        {words.caption} {domain !== null && words.paperNote}{' '}
        {evaluations.length > placed.length && words.unplaced(evaluations.length - placed.length)}
      </Text>
      <Suspense fallback={null}>
        <ExperimentChart table={table} domain={domain} />
      </Suspense>
      {open && <CellDetails cell={open} onClose={() => setLooked(null)} onStart={start} />}
      {starting && (
        <StartDialog
          cells={starting}
          selection={selection}
          datasets={datasets}
          models={held}
          means={means}
          onClose={() => setStarting(null)}
        />
      )}
    </Stack>
  );
}

/** What was not chosen is what most of the evaluations have. */
function selectionOf(
  dataset: string,
  { split, limit, train, model }: ExperimentSearch,
  entries: readonly Entry[],
  held: readonly string[],
): Selection {
  const most = (values: readonly (string | null)[]) => frequent(values.filter((value) => value !== null))[0];
  const rows = entries.map(({ evaluation }) => JSON.stringify([evaluation.split, evaluation.limit]));
  const [usualSplit, usualLimit] = JSON.parse(most(rows) ?? '["test",null]') as [Selection['split'], number | null];
  const isChosen = split !== undefined || limit !== undefined;
  return {
    dataset,
    split: isChosen ? (split ?? 'test') : usualSplit,
    limit: isChosen ? (limit ?? null) : usualLimit,
    train: train ?? most(entries.map((entry) => entry.train)) ?? null,
    model: model ?? most(entries.map((entry) => entry.model)) ?? held[0] ?? null,
  };
}
