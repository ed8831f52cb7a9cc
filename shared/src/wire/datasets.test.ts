import { describe, expect, it } from 'vitest';
import { createDatasetSchema, DATASET_FORMATS, DATASET_KINDS } from './datasets.ts';

const base = { name: 'x', kind: 'interactions', format: 'csv', bytes: 1 };
const problems = (more: object) =>
  createDatasetSchema
    .safeParse({ ...base, ...more })
    .error?.issues.map(({ path, message }) => [path.join('.'), message]);

describe('columns that are named', () => {
  it('go with tables, hold one thing each, and are those of the kind', () => {
    expect(problems({ columns: { user: 'reader', by: 'writer' } })).toBeUndefined();
    expect(problems({ kind: 'items', columns: { item: 'no', title: 'name', by: 'who' } })).toBeUndefined();
    expect(problems({ columns: { item: 'film', title: 'film', rating: 'grade' } })).toBeUndefined();
    expect(problems({ columns: { item: 'film', title: 'film', rating: 'film' } })).toHaveLength(1);
    expect(problems({ columns: { user: 'reader', item: 'reader' } })).toEqual([
      ['columns', expect.stringContaining('named alike')],
    ]);
    expect(problems({ kind: 'items', columns: { rating: 'grade' } })).toEqual([
      ['columns', expect.stringContaining('item, title, by')],
    ]);
    expect(problems({ kind: 'samples', format: 'json', columns: { user: 'u' } })).toEqual([
      ['columns', expect.stringContaining('leave it out')],
    ]);
    expect(problems({ columns: { reader: 'user' } })?.[0]?.[0]).toBe('columns');
  });
});

describe('formats', () => {
  it('are the same for all kinds', () => {
    for (const kind of DATASET_KINDS) {
      for (const format of DATASET_FORMATS) expect(problems({ kind, format })).toBeUndefined();
      expect(problems({ kind, format: 'xlsx' })?.map(([path]) => path)).toEqual(['format']);
    }
  });
});

describe('sampling', () => {
  it('may name the rating that is none', () => {
    expect(problems({ sampling: { unrated: 0 } })).toBeUndefined();
    expect(problems({ sampling: { unrated: '0' } })?.map(([path]) => path)).toEqual(['sampling.unrated']);
  });
});
