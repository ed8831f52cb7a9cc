// Why a cell cannot be filled: too few examples to learn from, no instructions, or no node that could.

import { methodNamed, usesLanguageModel } from '@tallrec/shared/methods';
import { heldOutCount } from '@tallrec/shared/tuning-samples';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Node } from '@tallrec/shared/wire/nodes';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import { type Cell, isMissing } from './cells.ts';

const words = texts.experiments.obstacles;

/** What there is to fill a cell with. */
export interface Means {
  /** To learn from; undefined where nobody knows. */
  examples: number | undefined;
  hasModel: boolean;
  hasEncoder: boolean;
  hasInstructions: boolean;
}

/** In words; null where nothing stands in the way. */
export function obstacleOf(
  { method, shots }: Pick<Cell, 'method' | 'shots'>,
  { examples, hasModel, hasEncoder, hasInstructions }: Means,
): string | null {
  if (methodNamed(method).needs === 'encoder' && !hasEncoder) return words.encoder;
  if (usesLanguageModel(method) && !hasModel) return words.model;
  if (methodNamed(method).needs === 'instructions' && !hasInstructions) return words.instructions;
  return shots !== null && examples !== undefined && shots > examples ? words.examples(formatNumber(examples)) : null;
}

/** Missing, with nothing in the way. */
export function isFillable(cell: Cell, means: Means): boolean {
  return isMissing(cell) && obstacleOf(cell, means) === null;
}

/** How many samples of a dataset methods learn from: of ratings the part of their split, else all but the tenth that is held out. */
export function examplesIn(dataset: Dataset | undefined): number | undefined {
  if (!dataset?.stats) return undefined;
  if (dataset.kind === 'interactions') return dataset.stats.profile?.split?.train;
  return dataset.stats.labelled - heldOutCount(dataset.stats.labelled);
}

/** One that does not say so may have one. */
export const mayEncode = ({ connected, status }: Pick<Node, 'connected' | 'status'>): boolean =>
  connected && status?.encoder !== false;
