// What the tunings in the form would take of each node, asked as it is filled in.
import { Alert, Box, Paper, Skeleton, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { TuningEstimate } from '@tallrec/shared/wire/tuning-estimates';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { settingLabel } from '../../parts/setting-label.ts';
import { tuningEstimatesQuery } from '../../queries/tuning-estimates.ts';
import { texts } from '../../texts.ts';
import { EstimateCard } from './estimate-card.tsx';
import { nodeEstimates } from './node-estimates.ts';
import { isAllWarmup, requestsToEstimate, type TuningRequest, type TuningValues, tuningErrors } from './tuning-form.ts';

const words = texts.tuningEstimate;
/** After the last key was pressed. */
const ASKED_AFTER_MS = 500;

interface EstimatesPanelProps {
  values: TuningValues;
  /** How many tunings the form makes. */
  count: number;
}

export function EstimatesPanel({ values, count }: EstimatesPanelProps) {
  const [wrong] = Object.entries(tuningErrors(values));
  const undecided = values.model === null || values.dataset === null;
  return (
    <Paper withBorder p="md" component="section" aria-label={words.title}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {words.title}
        </Title>
        {undecided ? (
          <Text size="sm" c="dimmed">
            {words.choose}
          </Text>
        ) : wrong ? (
          <Text size="sm" c="dimmed">
            {words.mend(settingLabel(wrong[0].replace('hyperParameters.', '')), wrong[1])}
          </Text>
        ) : (
          <Estimates values={values} count={count} />
        )}
      </Stack>
    </Paper>
  );
}

function Estimates({ values, count }: EstimatesPanelProps) {
  const [asked] = useDebouncedValue(JSON.stringify(requestsToEstimate(values)), ASKED_AFTER_MS);
  const requests = useMemo(() => JSON.parse(asked) as TuningRequest[], [asked]);
  const { data, error, isPlaceholderData, refetch } = useQuery(tuningEstimatesQuery(requests));
  if (error && !isPlaceholderData) return <ErrorAlert error={error} onRetry={() => refetch()} />;
  if (!data) {
    return (
      <Stack gap="xs" role="status">
        <VisuallyHidden>{texts.states.loading}</VisuallyHidden>
        <Skeleton height={20} />
        <Skeleton height={120} />
      </Stack>
    );
  }
  const seeds = count / requests.length;
  const nodes = nodeEstimates(data, seeds);
  return (
    <Stack gap="sm" style={{ opacity: isPlaceholderData ? 0.6 : 1 }} aria-busy={isPlaceholderData}>
      <Extent estimate={largest(data)} warmupSteps={values.hyperParameters.warmupSteps} />
      {nodes.length === 0 && (
        <Text size="sm">
          {words.noNodes} <LinkAnchor to="/nodes">{words.toNodes}</LinkAnchor>
        </Text>
      )}
      {nodes.map((node) => (
        <EstimateCard key={node.id} node={node} count={count} />
      ))}
    </Stack>
  );
}

interface ExtentProps {
  estimate: TuningEstimate;
  warmupSteps: number | string;
}

function Extent({ estimate: { samples, steps }, warmupSteps }: ExtentProps) {
  if (!samples) return null;
  const stepsText = steps && (steps.least < steps.total ? words.stepsAtMost : words.steps);
  return (
    <Box>
      <Text size="sm">{words.samples(formatNumber(samples.train), formatNumber(samples.valid))}</Text>
      {steps && stepsText && (
        <Text size="sm" c="dimmed">
          {stepsText(formatNumber(steps.total), formatNumber(steps.least))}
        </Text>
      )}
      {steps && isAllWarmup(warmupSteps, steps.total) && (
        <Alert color="yellow" mt="xs">
          {words.allWarmup(formatNumber(Number(warmupSteps)), formatNumber(steps.total))}
        </Alert>
      )}
    </Box>
  );
}

function largest(estimates: readonly TuningEstimate[]): TuningEstimate {
  return estimates.reduce((a, b) => ((b.samples?.train ?? 0) > (a.samples?.train ?? 0) ? b : a));
}
