// A dataset's size in a few numbers.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { datasetDetailTexts } from '../../texts/dataset-detail.ts';
import { texts } from '../../texts.ts';

const words = datasetDetailTexts.tiles;

export function DatasetTiles({ dataset: { kind, stats } }: { dataset: Dataset }) {
  if (!stats) return null;
  const { rows, users, items, likedShare, labelled, profile } = stats;
  const counted = (count: number | null) => (count === null ? texts.common.none : formatNumber(count));
  const split = profile?.split;
  const samples = split && split.unused + split.train + split.valid + split.test;
  return (
    <Tiles>
      <Tile name={kind === 'interactions' ? words.ratings : words.rows} value={formatNumber(rows)} />
      {kind !== 'instructions' && kind !== 'items' && <Tile name={words.users} value={counted(users)} />}
      {kind !== 'instructions' && <Tile name={words.items} value={counted(items)} />}
      {likedShare !== null && (
        <Tile
          name={words.liked}
          value={formatShare(likedShare)}
          {...(labelled < rows ? { hint: words.likedOf(formatNumber(labelled)) } : {})}
        />
      )}
      {samples != null && <Tile name={words.samples} value={formatNumber(samples)} />}
    </Tiles>
  );
}
