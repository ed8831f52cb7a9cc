// What a figure of the table is made of: each evaluation with how it came to be, what failed and why.
import { Button, Group, List, Modal, Stack, Text, Title } from '@mantine/core';
import { formatNumber } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { texts } from '../../texts.ts';
import { cellName } from './cell-button.tsx';
import type { Cell } from './cells.ts';
import type { Entry } from './entries.ts';
import { cellText, percentage } from './export-table.ts';
import type { TableHandlers } from './table-handlers.ts';

const words = texts.experiments.details;

interface CellDetailsProps extends Pick<TableHandlers, 'onStart'> {
  cell: Cell;
  onClose: () => void;
}

export function CellDetails({ cell, onClose, onStart }: CellDetailsProps) {
  const { auc, seeds, interval, fromReports, counted, others, atWork, failed } = cell;
  const count = seeds.length === 1 ? texts.experiments.oneSeed : texts.experiments.seeds(formatNumber(seeds.length));
  return (
    <Modal opened onClose={onClose} title={cellName(cell)} size="lg">
      <Stack>
        {auc !== null && (
          <Text size="sm">
            {words.mean(cellText(cell), count)}{' '}
            {interval && words.usersInterval(percentage(interval.low), percentage(interval.high))}
            {fromReports && words.fromReports}
          </Text>
        )}
        <Entries title={words.counted} entries={counted} />
        <Entries title={words.atWork} entries={atWork} />
        <Entries title={words.failed} entries={failed} />
        <Entries title={words.others} entries={others} />
        {onStart && (
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={() => {
                onClose();
                onStart([cell]);
              }}
            >
              {words.start}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}

function Entries({ title, entries }: { title: string; entries: readonly Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <Stack gap={4} component="section" aria-label={title}>
      <Title order={3} size="h6">
        {title}
      </Title>
      <List size="sm" spacing={6}>
        {entries.map(({ evaluation, seed, via, tuning }) => (
          <List.Item key={evaluation.id}>
            <Group gap="xs">
              <LinkAnchor to="/evaluations/$id" params={{ id: evaluation.id }}>
                {evaluation.name}
              </LinkAnchor>
              {evaluation.report ? (
                <Text span size="sm" fw={600}>
                  {percentage(evaluation.report.auc)}
                </Text>
              ) : (
                <JobBadge {...evaluation} />
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {seed !== null && `${words.seed(String(seed))}, `}
              {words.via[via]}{' '}
              {tuning && (
                <LinkAnchor to="/tunings/$id" params={{ id: tuning.id }} underline="always">
                  {tuning.name}
                </LinkAnchor>
              )}
              {evaluation.report?.fit && `, ${words.learned(formatNumber(evaluation.report.fit.trainSamples))}`}
            </Text>
            {evaluation.error && <Text size="xs">{evaluation.error.message}</Text>}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}
