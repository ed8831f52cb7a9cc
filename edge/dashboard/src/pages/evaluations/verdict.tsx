// What the figures come to, in one sentence: better than the rule, worse, or not to be told apart.
import { Alert, Group, Stack, Text } from '@mantine/core';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { formatAuc, formatNumber, formatShare } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;

interface VerdictProps {
  method: Evaluation['method'];
  report: EvaluationReport;
}

export function Verdict({ method, report }: VerdictProps) {
  const { auc, n, likedShare, users, usersInferred } = report;
  const told = verdictOf(method, report);
  const rows = words.figures.rows(formatNumber(n), formatShare(likedShare));
  const within = users > 0 ? words.figures.users(formatNumber(users)) : null;
  return (
    <Alert color={told.color} title={words.verdict} component="section" role="region" aria-label={words.verdict}>
      <Group gap="md" align="center">
        <Text fz={40} fw={700} lh={1}>
          {formatAuc(auc)}
        </Text>
        <Stack gap={4} flex={1} miw={240}>
          <Text>{told.sentence}</Text>
          <Text size="sm">{[rows, within, usersInferred && words.figures.inferred].filter(Boolean).join(', ')}</Text>
        </Stack>
      </Group>
    </Alert>
  );
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

function verdictOf(method: VerdictProps['method'], { auc, overRule, intervals }: EvaluationReport) {
  if (auc === null) return { color: 'gray', sentence: words.noAuc };
  if (method === 'history-share') return { color: 'gray', sentence: words.isRule };
  const difference = overRule?.auc;
  if (!difference) return { color: 'gray', sentence: intervals === null ? words.noIntervals : words.noAuc };
  const { value, low, high } = difference;
  if (low > 0) return { color: 'green', sentence: words.better(value.toFixed(3), signed(low), signed(high)) };
  if (high < 0) return { color: 'red', sentence: words.worse((-value).toFixed(3), signed(low), signed(high)) };
  return { color: 'yellow', sentence: words.alike(signed(low), signed(high)) };
}
