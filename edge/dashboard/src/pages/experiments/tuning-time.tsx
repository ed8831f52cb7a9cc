// How long the tunings among what is to be started take, where a node knows it.
import { Text } from '@mantine/core';
import type { createEvaluationSchema } from '@tallrec/shared/wire/evaluations';
import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { formatNumber, formatRoughSpan } from '../../parts/formats.tsx';
import { tuningEstimatesQuery } from '../../queries/tuning-estimates.ts';
import { texts } from '../../texts.ts';
import { isTuned } from '../evaluations/evaluation-form.ts';
import { nodeEstimates } from '../tunings/node-estimates.ts';

const words = texts.experiments.dialog;

export function TuningTime({ requests }: { requests: readonly z.input<typeof createEvaluationSchema>[] }) {
  const tuned = requests.filter(({ method, shots }) => method && isTuned(method) && shots !== undefined);
  const byShots = [...Map.groupBy(tuned, ({ shots }) => shots).values()];
  const bodies = byShots.flatMap(([first]) => {
    const { model, trainDataset, validDataset, shots, hyperParameters } = first!;
    if (!model || !trainDataset) return [];
    return [{ model, dataset: trainDataset, ...(validDataset ? { validDataset } : {}), shots, hyperParameters }];
  });
  const { data } = useQuery({ ...tuningEstimatesQuery(bodies), enabled: bodies.length > 0 });
  if (!data || data.length !== byShots.length) return null;
  const times = data.map((estimate) => nodeEstimates([estimate], 1).find(({ one, problem }) => one && !problem)?.one);
  const sum = (of: 'leastMs' | 'mostMs') =>
    times.reduce((total, time, at) => total + byShots[at]!.length * (time?.[of] ?? Number.NaN), 0);
  const [least, most] = [sum('leastMs'), sum('mostMs')];
  if (Number.isNaN(most)) return null;
  return <Text size="sm">{words.time(formatNumber(tuned.length), formatRoughSpan(least), formatRoughSpan(most))}</Text>;
}
