// AUC as published: Bao et al., "TALLRec", RecSys 2023 (arXiv 2305.00447), tables of the few-shot comparison; × 100 there.
import type { MethodName } from './methods.ts';

export const PAPER = 'Bao et al., TALLRec, RecSys 2023, arXiv 2305.00447 (LLaMA-7B; few-shot comparison)';
export const PAPER_DOMAINS = ['movie', 'book'] as const;
export type PaperDomain = (typeof PAPER_DOMAINS)[number];

type Figures = Partial<Record<MethodName, number>>;

const FEW_SHOT: Record<PaperDomain, Record<number, Figures>> = {
  movie: {
    16: {
      gru4rec: 49.07,
      caser: 49.68,
      sasrec: 50.43,
      dros: 50.76,
      'gru-bert': 50.85,
      'dros-bert': 50.21,
      tallrec: 67.24,
    },
    64: {
      gru4rec: 49.87,
      caser: 51.06,
      sasrec: 50.48,
      dros: 51.54,
      'gru-bert': 51.65,
      'dros-bert': 51.71,
      tallrec: 67.48,
    },
    256: {
      gru4rec: 52.89,
      caser: 54.2,
      sasrec: 52.25,
      dros: 54.07,
      'gru-bert': 53.44,
      'dros-bert': 53.94,
      tallrec: 71.98,
    },
  },
  book: {
    16: {
      gru4rec: 48.95,
      caser: 49.84,
      sasrec: 49.48,
      dros: 49.28,
      'gru-bert': 50.07,
      'dros-bert': 50.07,
      tallrec: 56.36,
    },
    64: {
      gru4rec: 49.64,
      caser: 49.72,
      sasrec: 50.06,
      dros: 49.13,
      'gru-bert': 49.64,
      'dros-bert': 48.98,
      tallrec: 60.39,
    },
    256: {
      gru4rec: 49.86,
      caser: 49.57,
      sasrec: 50.2,
      dros: 49.13,
      'gru-bert': 49.79,
      'dros-bert': 50.2,
      tallrec: 64.38,
    },
  },
};

/** @returns the AUC in [0, 1] that the paper's table prints, null where it prints none */
export function paperAuc(domain: PaperDomain | undefined, method: string, shots: number | null): number | null {
  if (domain === undefined || shots === null) return null;
  const figure = FEW_SHOT[domain][shots]?.[method as MethodName];
  // In hundredths, as printed: a division would leave crumbs.
  return figure === undefined ? null : Math.round(100 * figure) / 10_000;
}
