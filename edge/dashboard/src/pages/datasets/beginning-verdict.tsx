// What the readers make of the beginning of a file: how much can be used, what cannot, and what looks odd.
import { Alert, Stack, Switch, Text } from '@mantine/core';
import type { Sampling } from '@tallrec/shared/interactions';
import { Tally } from '@tallrec/shared/rows/counts/tally';
import type { BadRows, DatasetKind } from '@tallrec/shared/wire/datasets';
import { useMemo } from 'react';
import { formatBytes, formatNumber, formatShare } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { texts } from '../../texts.ts';
import type { Beginning, Reading } from './beginning.ts';
import { examplesOf } from './dataset-tiles.tsx';
import { RowErrorsTable } from './row-errors-table.tsx';
import { Warnings } from './warnings.tsx';

const words = texts.datasetForm.verdict;

interface BeginningVerdictProps {
  reading: Reading;
  beginning: Beginning;
  kind: DatasetKind;
  /** Null while its fields hold something else. */
  sampling: Sampling | null;
  /** What has to be told before anything can be made of it. */
  lacking: readonly string[];
  /** What of it is there by its name, and why that is not taken. */
  doubts: readonly { problem: string; fix: string }[];
  badRows: BadRows;
  onBadRows: (badRows: BadRows) => void;
}

export function BeginningVerdict({
  reading,
  beginning,
  kind,
  sampling,
  lacking,
  doubts,
  ...choice
}: BeginningVerdictProps) {
  return (
    <Panel title={words.title}>
      {lacking.length > 0 ? (
        <Stack>
          <Alert color="blue">{words.lackingBody(lacking.join(', '))}</Alert>
          <Warnings warnings={doubts.map(({ problem, fix }) => `${problem} ${fix}`)} />
        </Stack>
      ) : (
        <Stack>
          <Text size="sm" c="dimmed">
            {beginning.whole ? words.of.whole : words.of.part(formatBytes(beginning.bytes.length))}
          </Text>
          {sampling && <Counted reading={reading} whole={beginning.whole} kind={kind} sampling={sampling} />}
          <Errors reading={reading} whole={beginning.whole} {...choice} />
        </Stack>
      )}
    </Panel>
  );
}

interface CountedProps {
  reading: Reading;
  whole: boolean;
  kind: DatasetKind;
  sampling: Sampling;
}

function Counted({ reading, whole, kind, sampling }: CountedProps) {
  const { rows, users, items, likedShare, profile, warnings } = useMemo(() => {
    const tally = new Tally(kind, sampling);
    for (const row of reading.rows) {
      if (row.kind === 'interactions' && row.row.rating === sampling.unrated) tally.addUnrated();
      else tally.add(row, JSON.stringify(row.row));
    }
    return { ...tally.stats(), warnings: [...reading.oddities, ...tally.warnings(whole)] };
  }, [reading, whole, kind, sampling]);
  const examples = examplesOf(profile);
  if (rows === 0) return null;
  return (
    <>
      <Tiles>
        <Tile name={kind === 'interactions' ? words.ratings : words.rows} value={formatNumber(rows)} />
        {users !== null && <Tile name={words.users} value={formatNumber(users)} />}
        {items !== null && <Tile name={words.items} value={formatNumber(items)} />}
        {likedShare !== null && <Tile name={words.likes} value={formatShare(likedShare)} />}
        {examples !== null && <Tile name={words.examples} value={formatNumber(examples)} />}
      </Tiles>
      <Warnings warnings={warnings} />
    </>
  );
}

type ErrorsProps = Pick<CountedProps, 'reading' | 'whole'> & Pick<BeginningVerdictProps, 'badRows' | 'onBadRows'>;

function Errors({ reading: { rows, errors, errorCount, unusable, outlook }, whole, badRows, onBadRows }: ErrorsProps) {
  if (errorCount === 0) return <Text size="sm">{words.good(formatNumber(rows.length))}</Text>;
  const isTaken = outlook[badRows] === 'taken';
  const title = isTaken
    ? words.leftOut(formatNumber(unusable), unusable === 1)
    : (whole ? words.bad : words.badSoFar)(formatNumber(errorCount), errorCount === 1);
  return (
    <>
      <Alert color={isTaken ? 'yellow' : 'red'} title={title}>
        <Stack gap="sm">
          <Text size="sm">{isTaken ? words.leftOutBody : words.badBody[outlook['leave-out']]}</Text>
          {(outlook['leave-out'] !== 'refused' || badRows === 'leave-out') && (
            <Switch
              label={texts.datasets.leaveOut}
              checked={badRows === 'leave-out'}
              onChange={(event) => onBadRows(event.currentTarget.checked ? 'leave-out' : 'refuse')}
            />
          )}
        </Stack>
      </Alert>
      <RowErrorsTable errors={errors} />
    </>
  );
}
