// Single rows: where it was most confidently right, and where most confidently wrong, with what it was told of each.
import { Accordion, Badge, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import type { EvaluationReport, JudgedExample, ScoreDistribution } from '@tallrec/shared/wire/evaluations';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { likedColor } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail.examples;

interface JudgedExamplesProps {
  examples: NonNullable<EvaluationReport['examples']>;
  scale: ScoreDistribution['scale'];
}

export function JudgedExamples({ examples, scale }: JudgedExamplesProps) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      {(['best', 'worst'] as const).map((end) => (
        <Panel key={end} title={words[end]}>
          <Text size="xs" c="dimmed" mb="xs">
            {words[`${end}Hint`]}
          </Text>
          {examples[end].length === 0 ? (
            <Text c="dimmed">{words.none}</Text>
          ) : (
            <Accordion variant="default" chevronPosition="left">
              {examples[end].map((example) => (
                <Example key={example.row} example={example} scale={scale} />
              ))}
            </Accordion>
          )}
        </Panel>
      ))}
    </SimpleGrid>
  );
}

function Example({ example, scale }: { example: JudgedExample; scale: ScoreDistribution['scale'] }) {
  const { row, score, liked, user, target, prompt } = example;
  const said =
    scale === 'probability' ? words.said(formatShare(score)) : words.score(Number(score.toPrecision(4)).toString());
  return (
    <Accordion.Item value={String(row)}>
      <Accordion.Control>
        <Stack gap={4}>
          <Text size="sm" fw={500} lineClamp={2}>
            {target}
          </Text>
          <Group gap="xs">
            <Text size="sm">{said}</Text>
            <Badge color={likedColor(liked)}>{liked ? words.liked : words.disliked}</Badge>
            <Text size="xs" c="dimmed">
              {[words.row(formatNumber(row)), user && words.user(user)].filter(Boolean).join(', ')}
            </Text>
          </Group>
        </Stack>
      </Accordion.Control>
      <Accordion.Panel>
        <Text size="xs" c="dimmed" mb={4}>
          {words.prompt}
        </Text>
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {prompt}
        </Code>
      </Accordion.Panel>
    </Accordion.Item>
  );
}
