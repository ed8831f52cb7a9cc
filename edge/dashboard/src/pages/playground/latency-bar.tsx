// How long an answer took, and where the time went.
import { ColorSwatch, Group, Progress, Stack, Text } from '@mantine/core';
import '@mantine/core/styles/ColorSwatch.css';
import { formatNumber } from '../../parts/formats.tsx';
import type { Answered } from '../../queries/answers.ts';
import { texts } from '../../texts.ts';
import { type LatencyPart, latencyParts } from './latency.ts';

const words = texts.playground.latency;

const COLORS: Record<LatencyPart, string> = {
  network: 'gray.5',
  edge: 'orange.5',
  node: 'grape.5',
  queue: 'yellow.5',
  engine: 'blue.6',
};

/** As exact as it is worth. */
function spanText(ms: number): string {
  if (ms >= 1000) return words.seconds(formatNumber(Math.round(ms / 100) / 10));
  return words.ms(formatNumber(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)));
}

/** Longer than any answer of a model that is loaded. */
const LOADING_MS = 1000;

export function LatencyBar({
  answered: { answer, totalMs, serverTiming },
}: {
  answered: Answered<{ tokens: number }>;
}) {
  const parts = latencyParts(totalMs, serverTiming);
  const loading = parts.some(({ part, ms }) => (part === 'node' || part === 'queue') && ms > LOADING_MS);
  const whole = parts.reduce((sum, { ms }) => sum + ms, 0);
  return (
    <Stack gap={6} component="section" aria-label={words.title}>
      <Text size="sm" role="status">
        <Text span inherit fw={500}>
          {words.total(spanText(totalMs))}
        </Text>
        <Text span inherit c="dimmed">
          {', '}
          {words.tokens(formatNumber(answer.tokens))}
        </Text>
      </Text>
      {loading && (
        <Text size="xs" c="dimmed">
          {words.loading}
        </Text>
      )}
      {parts.length > 0 && (
        <>
          <Progress.Root size="xl" aria-hidden>
            {parts.map(({ part, ms }) => (
              <Progress.Section key={part} value={(100 * ms) / whole} color={COLORS[part]} withAria={false} />
            ))}
          </Progress.Root>
          <Group component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }}>
            {parts.map(({ part, ms }) => (
              <Group key={part} component="li" gap={6} wrap="nowrap">
                <ColorSwatch
                  color={`var(--mantine-color-${COLORS[part].replace('.', '-')})`}
                  size={10}
                  withShadow={false}
                />
                <Text size="xs">
                  {words.parts[part]}{' '}
                  <Text span inherit c="dimmed">
                    {spanText(ms)}
                  </Text>
                </Text>
              </Group>
            ))}
          </Group>
        </>
      )}
    </Stack>
  );
}
