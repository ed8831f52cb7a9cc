// How the series of a chart are told apart, by colour and without it: each has a colour, a dash and a marker of its own. Colours are for
// what competes; what all are measured by, and what was liked or not, is drawn in ink.

/** After Okabe and Ito, told apart by people who see few colours, and dark enough for a white page. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#b5519a', '#a06a00', '#5b6ee1', '#8a5a3c'] as const;
const DASHES = [undefined, '7 3', '2 3', '10 3 2 3'] as const;
export const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'cross'] as const;
export type Marker = (typeof MARKERS)[number];

export interface SeriesStyle {
  color: string;
  dash: string | undefined;
  marker: Marker;
}

/** Of the series at this place; colours come again with other dashes and markers. */
export function seriesStyle(at: number): SeriesStyle {
  const round = Math.floor(at / COLORS.length);
  return {
    color: COLORS[at % COLORS.length]!,
    dash: DASHES[(at + round) % DASHES.length],
    marker: MARKERS[(at + round) % MARKERS.length]!,
  };
}

/** The rule that has to be passed. */
export const RULE_STYLE: SeriesStyle = { color: 'var(--mantine-color-text)', dash: '2 4', marker: 'diamond' };
/** Rows that were liked, and that were not. */
export const LIKED_STYLE: SeriesStyle = {
  color: 'light-dark(var(--mantine-color-dark-4), var(--mantine-color-gray-2))',
  dash: undefined,
  marker: 'square',
};
export const DISLIKED_STYLE: SeriesStyle = {
  color: 'light-dark(var(--mantine-color-gray-5), var(--mantine-color-gray-7))',
  dash: undefined,
  marker: 'square',
};
/** On the badge of a thing. */
export const likedColor = (liked: boolean | null) => (liked === null ? 'gray' : liked ? 'green' : 'red');

const LINE_WIDTH = 2;
const WIDER = 2;
const WIDEST = 9;

/** Of a line at this place among `count`: of lines that run over one another the one below looks out on both sides. */
export function lineWidth(at: number, count: number): number {
  return Math.min(WIDEST, LINE_WIDTH + WIDER * (count - 1 - at));
}

interface MarkerProps {
  cx?: number | undefined;
  cy?: number | undefined;
  style: Pick<SeriesStyle, 'color' | 'marker'>;
  hollow?: boolean | undefined;
  size?: number | undefined;
}

const SIZE = 4.5;

/** One point of a series. */
export function SeriesMarker({ cx, cy, style: { color, marker }, hollow = false, size = SIZE }: MarkerProps) {
  if (cx === undefined || cy === undefined || Number.isNaN(cy)) return null;
  const fill = hollow ? 'var(--mantine-color-body)' : color;
  const shape = { fill, stroke: color, strokeWidth: 1.5 };
  switch (marker) {
    case 'circle':
      return <circle cx={cx} cy={cy} r={size} {...shape} />;
    case 'square':
      return <rect x={cx - size} y={cy - size} width={2 * size} height={2 * size} {...shape} />;
    case 'triangle':
      return <path d={`M${cx},${cy - size - 1}l${size + 1},${2 * size}h${-2 * size - 2}z`} {...shape} />;
    case 'diamond':
      return (
        <path
          d={`M${cx},${cy - size - 1.5}l${size + 1},${size + 1.5}l${-size - 1},${size + 1.5}l${-size - 1},${-size - 1.5}z`}
          {...shape}
        />
      );
    case 'cross':
      return (
        <path
          d={`M${cx - size},${cy - size}l${2 * size},${2 * size}m0,${-2 * size}l${-2 * size},${2 * size}`}
          {...shape}
          strokeWidth={2.5}
        />
      );
  }
}
