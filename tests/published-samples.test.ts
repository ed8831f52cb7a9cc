// The paper's samples follow from MovieLens-100K exactly: the CLI writes the published files byte for byte.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstructionRow, parsePublishedRow, toInstructionRow } from '@tallrec/shared/sample';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceData } from '../gpu-node/src/reference-data.ts';
import { CLI } from './support/machine.ts';

const ratings = referenceData('data', 'ml-100k', 'u.data');
const movies = referenceData('data', 'tallrec', 'movie');

describe.skipIf(!ratings || !movies)('from u.data (skipped where MovieLens-100K is not at hand)', () => {
  let out: string;
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'tallrec-samples-'));
    execFileSync(process.execPath, [CLI, 'samples', '--from', ratings!, '--out', out]);
  });
  afterAll(() => rmSync(out, { recursive: true }));

  it.each(['valid.json', 'test.json'])('%s comes out byte for byte', (name) => {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(movies!, name)))).toBe(true);
  });

  it('train.json comes out with the same rows', () => {
    const rows = (dir: string) => JSON.parse(readFileSync(join(dir, 'train.json'), 'utf8'));
    expect(rows(out)).toEqual(rows(movies!));
  });
});

describe.each(['movie/train', 'movie/valid', 'movie/test', 'book/valid', 'book/test'])('tallrec/%s.json', (name) => {
  const path = referenceData('data', 'tallrec', `${name}.json`);
  it.skipIf(!path)(
    `is read and written back byte for byte${path ? '' : ': the published samples are not at hand'}`,
    () => {
      const rows: InstructionRow[] = JSON.parse(readFileSync(path!, 'utf8'));
      const again = rows.map((row) => {
        const parsed = parsePublishedRow(row);
        return 'sample' in parsed ? toInstructionRow(parsed.sample) : parsed;
      });
      expect(again).toEqual(rows);
    },
  );
});
