// What each series of a chart looks like, and what it is.
import { Group, Text } from '@mantine/core';
import { SeriesMarker, type SeriesStyle } from './series-style.tsx';

export interface LegendEntry {
  label: string;
  style: SeriesStyle;
  /** `line`: with its dash; `point`: the marker alone. */
  kind?: 'line' | 'point' | 'bar';
  hollow?: boolean;
  /** A line without points. */
  bare?: boolean;
}

export function ChartLegend({ entries }: { entries: readonly LegendEntry[] }) {
  return (
    <Group gap="md" justify="center">
      {entries.map((entry) => (
        <Group key={entry.label} gap={6} wrap="nowrap">
          <LegendSample {...entry} />
          <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
            {entry.label}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

const [WIDTH, HEIGHT] = [28, 14];

export function LegendSample({ style, kind = 'line', hollow, bare = false }: Omit<LegendEntry, 'label'>) {
  const { color, dash } = style;
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true" style={{ flexShrink: 0 }}>
      {kind === 'line' && (
        <line x1={0} x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} stroke={color} strokeWidth={2} strokeDasharray={dash} />
      )}
      {bare ? null : kind === 'bar' ? (
        <rect x={WIDTH / 2 - 5} y={2} width={10} height={10} rx={2} fill={color} />
      ) : (
        <SeriesMarker cx={WIDTH / 2} cy={HEIGHT / 2} style={style} hollow={hollow} />
      )}
    </svg>
  );
}
