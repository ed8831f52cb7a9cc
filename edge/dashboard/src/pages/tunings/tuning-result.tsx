// What a tuning came to: what it was chosen by, which is no verdict yet, and the way on to its adapter and its evaluation.
import { Group, Stack, Text } from '@mantine/core';
import { ranksBackwards } from '@tallrec/shared/verdict';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { ReactNode } from 'react';
import { formatAuc, formatNumber } from '../../parts/formats.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import type { StoryView } from './tuning-story.ts';

const words = texts.tuningDetail.result;

interface TuningResultProps {
  tuning: Tuning;
  view: StoryView;
}

export function TuningResult({
  tuning: { adapter, bestValidAuc },
  view: { evaluations, validRuleAuc, validSamples },
}: TuningResultProps) {
  const mayEvaluate = useMay('evaluations:write');
  if (!adapter) return null;
  const bestStep = evaluations.findLast(({ best }) => best)?.step;
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        {bestValidAuc !== null && (
          <Group gap="xl" align="flex-start">
            <Figure name={words.best} value={bestValidAuc}>
              {bestStep !== undefined && words.step(formatNumber(bestStep))}
            </Figure>
            {validRuleAuc !== null && <Figure name={words.rule} value={validRuleAuc} />}
          </Group>
        )}
        {bestValidAuc !== null && (
          <Text size="sm">
            {words.chosen(evaluations.length, validSamples)} {words.noVerdict}
          </Text>
        )}
        {ranksBackwards(bestValidAuc) && <Text size="sm">{texts.evaluationDetail.backwards}</Text>}
        <Group gap="sm">
          {mayEvaluate && (
            <LinkButton to="/evaluations/new" search={{ adapter }}>
              {words.evaluate}
            </LinkButton>
          )}
          <LinkButton to="/adapters/$id" params={{ id: adapter }} variant="default">
            {words.adapter}
          </LinkButton>
        </Group>
      </Stack>
    </Panel>
  );
}

function Figure({ name, value, children }: { name: string; value: number; children?: ReactNode }) {
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text size="xl" fw={600}>
        {formatAuc(value)}
      </Text>
      {children && (
        <Text size="xs" c="dimmed">
          {children}
        </Text>
      )}
    </Stack>
  );
}
