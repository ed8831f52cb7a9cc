// The three files of an experiment: results.json, results.md and results.html.
import { mkdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PAPER } from '@tallrec/shared/paper-figures';
import { writeFileAtomically } from '../atomic-file.ts';
import { page } from '../report/page.ts';
import type { CellFile } from './cell.ts';
import { DESIGNS, type ExperimentName, type GridSize } from './designs.ts';
import type { DataFile } from './domain.ts';
import { markdown } from './markdown.ts';
import { type Results, resultsSchema, summarise } from './results.ts';
import { resultsPage } from './results-page.ts';
import type { GridOutcome } from './run-grid.ts';

export interface Run {
  experiment: ExperimentName;
  size: GridSize;
  /** As it was typed. */
  command: string;
  model: Results['model'];
  plannedCells: number;
  outcome: GridOutcome;
}

export function resultsOf({ experiment, size, command, model, plannedCells, outcome }: Run): Results {
  const { cells, failures } = outcome;
  const { domains, shots, seeds, validLimit = null, testLimit = null } = size;
  return resultsSchema.parse({
    version: 1,
    experiment,
    title: DESIGNS[experiment].title,
    paper: PAPER,
    command,
    complete: cells.length === plannedCells,
    machine: machine(),
    model,
    shots: [...shots],
    seeds,
    validLimit,
    testLimit,
    domains: domains.map(({ name, paper, train, valid, trainRule, files }) => ({
      name,
      paper: paper ?? null,
      trainSamples: train.length,
      validSamples: valid.length,
      trainRule,
      files: [files.train, files.valid, files.test].filter((file) => file !== undefined).map(named),
    })),
    rows: summarise(cells, shots, (name) => domains.find((domain) => domain.name === name)?.paper),
    cells: cells.map(({ scores: _, ...cell }: CellFile) => cell),
    failures,
  } satisfies Results);
}

/** @returns the paths written */
export async function writeResults(dir: string, results: Results): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const content = resultsPage(results);
  const files = {
    'results.json': `${JSON.stringify(results, null, 2)}\n`,
    'results.md': markdown(content),
    'results.html': await page(content),
  };
  for (const [name, text] of Object.entries(files)) await writeFileAtomically(join(dir, name), [text]);
  return Object.keys(files).map((name) => join(dir, name));
}

function machine(): Results['machine'] {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() || 'unknown CPU',
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  };
}

/** A file by its folder and name: where the folder lies is nobody's business. */
function named({ path, sha256 }: DataFile): DataFile {
  return { path: join(basename(dirname(path)), basename(path)), sha256 };
}
