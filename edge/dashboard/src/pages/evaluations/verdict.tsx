// What the figures come to, in one sentence: better than the rule, worse, not to be told apart, or of too few users to say.
import { Alert, Group, Stack, Text } from '@mantine/core';
import { MIN_RESAMPLED_USERS } from '@tallrec/shared/metrics';
import { ranksBackwards, verdictOf } from '@tallrec/shared/verdict';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { formatAuc, formatNumber, formatShare, formatSigned } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;

interface VerdictProps {
  method: Evaluation['method'];
  report: EvaluationReport;
}

export function Verdict({ method, report }: VerdictProps) {
  const { auc, n, likedShare, users, usersInferred } = report;
  const told = toldOf(method, report);
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
          {ranksBackwards(auc) && <Text size="sm">{words.backwards}</Text>}
          <Text size="sm">{[rows, within, usersInferred && words.figures.inferred].filter(Boolean).join(', ')}</Text>
        </Stack>
      </Group>
    </Alert>
  );
}

function toldOf(method: VerdictProps['method'], report: EvaluationReport) {
  const { auc, overRule, intervals } = report;
  if (auc === null) return { color: 'gray', sentence: words.noAuc };
  if (method === 'history-share') return { color: 'gray', sentence: words.isRule };
  const difference = overRule?.auc;
  if (!difference) return { color: 'gray', sentence: intervals === null ? words.noIntervals : words.noAuc };
  const { value, low, high } = difference;
  switch (verdictOf(report)) {
    case 'better':
      return { color: 'green', sentence: words.better(value.toFixed(3), formatSigned(low), formatSigned(high)) };
    case 'worse':
      return { color: 'red', sentence: words.worse((-value).toFixed(3), formatSigned(low), formatSigned(high)) };
    case 'level':
      return { color: 'yellow', sentence: words.level(formatSigned(low), formatSigned(high)) };
    default:
      return { color: 'gray', sentence: words.tooFewUsers(formatNumber(MIN_RESAMPLED_USERS)) };
  }
}
