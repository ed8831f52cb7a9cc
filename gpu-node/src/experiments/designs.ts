// The paper's experiments as grids of cells.
import type { Method } from '../methods/method.ts';
import type { MethodName } from '../methods/registry.ts';
import type { CellPlan } from './cell.ts';
import type { Domain } from './domain.ts';

export interface Design {
  title: string;
  /** Methods when a command names none. */
  methods: readonly (MethodName | 'all')[];
  /** Which domains are trained on together, for one fit each. */
  sources: (domains: readonly Domain[]) => { trainedOn: Domain[]; testedOn: Domain[] }[];
}

const withinEach: Design['sources'] = (domains) =>
  domains.map((domain) => ({ trainedOn: [domain], testedOn: [domain] }));

export const DESIGNS = {
  'few-shot': { title: 'Few-shot comparison', methods: ['all'], sources: withinEach },
  ablation: { title: 'Ablation of the two stages', methods: ['at', 'rt', 'tallrec'], sources: withinEach },
  'cross-domain': {
    title: 'Cross-domain generalisation',
    methods: ['tallrec'],
    // Each alone and all together, on every domain's test rows.
    sources: (domains) =>
      [...domains.map((domain) => [domain]), ...(domains.length > 1 ? [[...domains]] : [])].map((trainedOn) => ({
        trainedOn,
        testedOn: [...domains],
      })),
  },
  'in-context': {
    title: 'In-context learning',
    methods: ['zero-shot', 'in-context', 'in-context-remote', 'tallrec'],
    sources: withinEach,
  },
} as const satisfies Record<string, Design>;
export type ExperimentName = keyof typeof DESIGNS;

export interface GridSize {
  domains: readonly Domain[];
  methods: readonly Method[];
  shots: readonly number[];
  /** Seeds 0 … n − 1. */
  seeds: number;
  validLimit?: number | undefined;
  testLimit?: number | undefined;
}

/** Quick kinds of methods come first within a source, and the cells of one method, shots and seed side by side. */
export function planCells(
  experiment: ExperimentName,
  { domains, methods, shots, seeds, ...limits }: GridSize,
): CellPlan[] {
  const sources = DESIGNS[experiment].sources(domains);
  const quickFirst = ['control', 'conventional', 'language-model'].flatMap((kind) =>
    methods.filter((method) => method.kind === kind),
  );
  const kinds = Map.groupBy(quickFirst, ({ kind }) => kind);
  return [...kinds.values()].flatMap((sameKind) =>
    sources.flatMap((source) =>
      Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
        shots.flatMap((k, index) =>
          sameKind.flatMap((method): CellPlan[] => {
            const [noShots, noSeed] = [method.ignores?.includes('shots'), method.ignores?.includes('seed')];
            if ((noShots && index > 0) || (noSeed && seed > 0)) return [];
            return [{ method, ...source, shots: noShots ? null : k, seed: noSeed ? null : seed, ...limits }];
          }),
        ),
      ),
    ),
  );
}
