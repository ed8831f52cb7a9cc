// The first column of a wide table: what a row is of stays in sight while the rest is scrolled.

/** Its ground leaves out the lines of the rows, which it would hide. */
export const STICKY_COLUMN = {
  position: 'sticky',
  left: 0,
  zIndex: 1,
  background: 'var(--mantine-color-body)',
  backgroundClip: 'padding-box',
} as const;
