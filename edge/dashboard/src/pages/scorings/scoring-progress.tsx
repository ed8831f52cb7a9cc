// How far a batch scoring is: rows and pieces, and how long it will take.
import { Alert, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { formatNumber, formatSpan } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { NodeAway, useAwayNode } from '../../parts/node-away.tsx';
import { texts } from '../../texts.ts';

const words = texts.scorings.detail;

export function ScoringProgress({ scoring }: { scoring: Scoring }) {
  const { state, stopping, progress, error } = scoring;
  const ended = isTerminal(state);
  const away = useAwayNode(scoring);
  const counted = progress && progress.rowsTotal > 0 ? progress : null;
  return (
    <Paper withBorder p="md" component="section" aria-label={words.progress}>
      <Stack gap="sm">
        <Group gap="sm">
          <JobBadge {...scoring} />
          {counted && (
            <Text size="sm">
              {texts.scorings.rows(formatNumber(counted.rowsDone), formatNumber(counted.rowsTotal))}
              {counted.chunksTotal > 1 &&
                `, ${texts.scorings.chunks(formatNumber(counted.chunksDone), formatNumber(counted.chunksTotal))}`}
            </Text>
          )}
          {!ended && !away && counted?.etaMs != null && <Text size="sm">{words.eta(formatSpan(counted.etaMs))}</Text>}
        </Group>
        {!ended && counted && (
          <Progress value={(100 * counted.rowsDone) / counted.rowsTotal} aria-label={words.progress} />
        )}
        {!ended && stopping && <Text size="sm">{words.finishing}</Text>}
        {away && <NodeAway node={away} />}
        {state === 'queued' && <Text size="sm">{words.waiting}</Text>}
        {error && (
          <Alert color={ended ? 'red' : 'yellow'} title={error.code}>
            {error.message}
          </Alert>
        )}
      </Stack>
    </Paper>
  );
}
