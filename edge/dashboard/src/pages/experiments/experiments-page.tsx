// The paper's table as a page, filled from the evaluations on one dataset; what is missing is started from here.
import { Stack } from '@mantine/core';
import { LIMITS } from '@tallrec/shared/limits';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { evaluationsQuery } from '../../queries/evaluations.ts';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { frequent } from './entries.ts';
import { ExperimentView } from './experiment-view.tsx';
import type { ExperimentSearch } from './search.ts';

const words = texts.experiments;

export function ExperimentsPage() {
  const search = useSearch({ from: '/app/experiments' });
  const navigate = useNavigate();
  const change = (next: ExperimentSearch) => navigate({ to: '/experiments', search: next, replace: true });
  return (
    <Page title={words.title} lead={words.lead}>
      <Stack gap="lg">
        <Chosen search={search} onChange={change} />
      </Stack>
    </Page>
  );
}

interface ChosenProps {
  search: ExperimentSearch;
  onChange: (search: ExperimentSearch) => void;
}

/** Of a dataset that nobody has chosen yet, the one that most was judged on of late. */
function Chosen({ search, onChange }: ChosenProps) {
  const { items: datasets, error, retry } = useDatasetsForStage('rec');
  const recent = useQuery({ ...evaluationsQuery({ limit: LIMITS.pageItems }), enabled: search.dataset === undefined });
  if (error && !datasets) return <ErrorAlert error={error} onRetry={retry} />;
  if (!datasets || (search.dataset === undefined && recent.isPending)) return <Loading />;
  const judged = frequent((recent.data?.items ?? []).map(({ dataset }) => dataset));
  const dataset = search.dataset ?? judged.find((id) => datasets.some((one) => one.id === id)) ?? datasets[0]?.id;
  if (dataset === undefined) {
    const upload = <LinkButton to="/datasets/new">{words.empty.upload}</LinkButton>;
    return (
      <Empty title={words.empty.title} action={upload}>
        {words.empty.body}
      </Empty>
    );
  }
  return <ExperimentView key={dataset} dataset={dataset} datasets={datasets} search={search} onChange={onChange} />;
}
