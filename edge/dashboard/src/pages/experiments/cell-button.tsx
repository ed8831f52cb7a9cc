// One cell: its figure and what it is made of, how far it is, or the way to start it.
import { Button, Progress, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { methodNamed } from '@tallrec/shared/methods';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import { type Cell, isMissing, isSeedless } from './cells.ts';
import { cellText, shotsTitle } from './export-table.ts';
import { obstacleOf } from './obstacles.ts';
import type { TableHandlers } from './table-handlers.ts';

const words = texts.experiments;

interface CellButtonProps extends TableHandlers {
  cell: Cell;
  note?: string;
}

export function cellName({ method, shots }: Cell): string {
  const { title, shotless } = methodNamed(method);
  return shotless ? title : words.cell(title, shotsTitle(shots));
}

export function CellButton({ cell, note, means, onLook, onStart }: CellButtonProps) {
  const obstacle = obstacleOf(cell, means);
  const { auc, verdict, atWork, failed } = cell;
  if (isMissing(cell) && failed.length === 0) {
    if (!onStart) return texts.common.none;
    if (obstacle !== null) {
      return (
        <Text size="xs" c="dimmed">
          {obstacle}
        </Text>
      );
    }
    return (
      <Button size="compact-xs" variant="subtle" onClick={() => onStart([cell])}>
        {words.start}
        <VisuallyHidden>&nbsp;{cellName(cell)}</VisuallyHidden>
      </Button>
    );
  }
  return (
    <UnstyledButton onClick={() => onLook(cell)} aria-haspopup="dialog">
      <VisuallyHidden>{cellName(cell)}: </VisuallyHidden>
      <Stack gap={0} align="center">
        {auc !== null && (
          <Text
            size="sm"
            fw={verdict === 'better' ? 700 : 400}
            {...(verdict === 'few-users' ? { c: 'dimmed' } : {})}
            td="underline"
            style={{ textUnderlineOffset: 3, textDecorationStyle: 'dotted' }}
          >
            {cellText(cell)}
          </Text>
        )}
        {auc === null && failed.length > 0 && atWork.length === 0 && (
          <Text size="sm" c="var(--mantine-color-error)" td="underline">
            {words.failed}
          </Text>
        )}
        {auc === null && atWork.length > 0 && <AtWork cell={cell} />}
        {auc !== null && (
          <Text size="xs" c="dimmed">
            {[madeOf(cell), fewerThan(cell, means), note].filter(Boolean).join(', ')}
          </Text>
        )}
      </Stack>
    </UnstyledButton>
  );
}

/** A figure that stands under a larger K than there were examples. */
function fewerThan({ shots }: Cell, { examples }: TableHandlers['means']): string | null {
  return shots !== null && examples !== undefined && examples < shots ? words.ofExamples(formatNumber(examples)) : null;
}

function madeOf({ method, fromReports, seeds, verdict, atWork }: Cell): string {
  const count = seeds.length === 1 ? words.oneSeed : words.seeds(formatNumber(seeds.length));
  return [
    ...(fromReports ? [words.fromReports] : isSeedless(method) ? [] : [count]),
    ...(verdict === 'few-users' ? [words.fewUsers] : []),
    ...(atWork.length > 0 ? [words.moreAtWork(formatNumber(atWork.length))] : []),
  ].join(', ');
}

/** Of all that is at work on it. */
function shareOf({ atWork }: Cell): number {
  const shares = atWork.map(({ evaluation: { progress } }) =>
    progress && progress.total > 0 ? progress.done / progress.total : 0,
  );
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}

function shareText(cell: Cell): string {
  const started = cell.atWork.some(({ evaluation }) => evaluation.state === 'running');
  return started ? words.running(formatShare(shareOf(cell))) : words.waiting;
}

function AtWork({ cell }: { cell: Cell }) {
  return (
    <Stack gap={4} miw={80}>
      <Text size="xs" c="dimmed">
        {shareText(cell)}
      </Text>
      <Progress size="sm" value={100 * shareOf(cell)} aria-label={cellName(cell)} />
    </Stack>
  );
}
