// A run as the page shows it: with its settings in words, its figures on the rows in view, and how its curves look.
import type { SeriesStyle } from '../../parts/series-style.tsx';
import type { Settings } from './differences.ts';
import type { Reported, Run } from './runs.ts';

export interface ShownRun {
  run: Run;
  settings: Settings;
  /** On the rows in view; undefined where it was not judged on them. */
  judged: Reported | undefined;
  style: SeriesStyle;
}
