// Runs are found by their names, chosen and dropped.
import { MultiSelect } from '@mantine/core';
import { LIMITS } from '@tallrec/shared/limits';
import { useQuery } from '@tanstack/react-query';
import { formatNumber } from '../../parts/formats.tsx';
import { evaluationsQuery } from '../../queries/evaluations.ts';
import { newestTuningsQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import type { Chosen } from './chosen.ts';
import { MOST_RUNS } from './chosen.ts';
import type { Run } from './runs.ts';

const words = texts.compare;

interface RunPickerProps {
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
  /** Those chosen have names though they are not among the newest. */
  runs: readonly Run[];
}

interface Option {
  value: string;
  label: string;
}

export function RunPicker({ chosen, onChange, runs }: RunPickerProps) {
  const { data: tunings } = useQuery(newestTuningsQuery);
  const { data: evaluations } = useQuery(evaluationsQuery({ limit: LIMITS.pageItems }));
  const ids = [...chosen.tunings, ...chosen.evaluations];
  const known = new Map(
    [...(tunings?.items ?? []), ...(evaluations?.items ?? []), ...runs.flatMap(namedOf)].map(({ id, name }) => [
      id,
      name,
    ]),
  );
  const optionsOf = (own: readonly { id: string }[] | undefined, more: readonly string[]): Option[] =>
    [...new Set([...more, ...(own ?? []).map(({ id }) => id)])].map((id) => ({
      value: id,
      label: known.get(id) ?? id,
    }));
  return (
    <MultiSelect
      label={words.runs}
      description={`${words.runsHint} ${words.most(formatNumber(MOST_RUNS))}`}
      searchable
      clearable
      hidePickedOptions
      maxValues={MOST_RUNS}
      nothingFoundMessage={words.nothingFound}
      limit={60}
      data={[
        { group: words.tunings, items: optionsOf(tunings?.items, chosen.tunings) },
        { group: words.evaluations, items: optionsOf(evaluations?.items, chosen.evaluations) },
      ].filter(({ items }) => items.length > 0)}
      value={ids}
      onChange={(values) =>
        onChange({
          tunings: values.filter((id) => id.startsWith('tun_')),
          evaluations: values.filter((id) => id.startsWith('eval_')),
        })
      }
      comboboxProps={{ withinPortal: true }}
    />
  );
}

function namedOf({ tuning, evaluations }: Run) {
  return [...(tuning ? [tuning] : []), ...evaluations];
}
