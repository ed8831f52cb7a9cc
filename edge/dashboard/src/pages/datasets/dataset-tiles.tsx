// A dataset's size in a few numbers.
import { Text } from '@mantine/core';
import type { Dataset, DatasetProfile } from '@tallrec/shared/wire/datasets';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.tiles;

/** Null where none are made of the rows, or nobody has counted. */
export function examplesOf(profile: DatasetProfile | null): number | null {
  const split = profile?.split;
  return split ? split.unused + split.train + split.valid + split.test : null;
}

export function DatasetTiles({ dataset: { kind, stats } }: { dataset: Dataset }) {
  if (!stats) return <Text c="dimmed">{words.notCounted}</Text>;
  const { rows, users, items, likedShare, labelled, profile } = stats;
  const counted = (count: number | null) => (count === null ? texts.common.none : formatNumber(count));
  const samples = examplesOf(profile);
  return (
    <Tiles>
      <Tile name={kind === 'interactions' ? words.ratings : words.rows} value={formatNumber(rows)} />
      {(kind === 'interactions' || kind === 'samples') && <Tile name={words.users} value={counted(users)} />}
      {kind !== 'instructions' && <Tile name={words.items} value={counted(items)} />}
      {likedShare !== null && (
        <Tile
          name={words.liked}
          value={formatShare(likedShare)}
          {...(labelled > 0 && labelled < rows ? { hint: words.likedOf(formatNumber(labelled)) } : {})}
        />
      )}
      {samples !== null && <Tile name={words.samples} value={formatNumber(samples)} />}
    </Tiles>
  );
}
