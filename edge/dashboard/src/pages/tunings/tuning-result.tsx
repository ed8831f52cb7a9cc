// What a tuning came to: how well it ranks beside the rule, and the way on to its adapter.
import { Group, Stack, Text } from '@mantine/core';
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
  view: { evaluations, validRuleAuc },
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
        {bestValidAuc !== null && validRuleAuc !== null && (
          <Text size="sm">{bestValidAuc > validRuleAuc ? words.beats : words.loses}</Text>
        )}
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
