import { describe, expect, it } from 'vitest';
import { createDatasetSchema } from './datasets.ts';
import { createEvaluationSchema } from './evaluations.ts';
import { pageQuerySchema } from './page.ts';
import { createTuningSchema } from './tunings.ts';
import { createWorkspaceSchema } from './workspaces.ts';

const dataset = `ds_${'0'.repeat(26)}`;
const problems = (result: { success: boolean; error?: { issues: { path: PropertyKey[]; message: string }[] } }) =>
  result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('a request', () => {
  it('is refused for a setting that it does not know, at any depth, by its name', () => {
    const tuning = { model: 'm', dataset };
    expect(createTuningSchema.safeParse(tuning).success).toBe(true);
    expect(problems(createTuningSchema.safeParse({ ...tuning, shot: 4 }))[0]).toMatch(/"shot"/);
    const misspelt = { ...tuning, hyperParameters: { max_steps: 3 } };
    expect(problems(createTuningSchema.safeParse(misspelt))[0]).toMatch(/^hyperParameters: .*"max_steps"/);
    expect(createEvaluationSchema.safeParse({ ...tuning, limits: 1 }).success).toBe(false);
    const file = { name: 'n', kind: 'interactions', format: 'csv', bytes: 1, sampling: { history: 3 } };
    expect(problems(createDatasetSchema.safeParse(file))[0]).toMatch(/^sampling: .*"history"/);
  });

  it('has names that any reader of JSON can read', () => {
    for (const name of ['a\ud800b', 'a\u0000b', 'a\nb', ' ']) {
      expect([name, createWorkspaceSchema.safeParse({ name }).success]).toEqual([name, false]);
    }
    expect(createWorkspaceSchema.parse({ name: ' Kino Zürich 🎬 ' })).toEqual({ name: 'Kino Zürich 🎬' });
  });

  it('for a page names a cursor that a page has given', () => {
    for (const cursor of ['junk', '', '%00', 'ds_1']) {
      expect([cursor, pageQuerySchema.safeParse({ cursor }).success]).toEqual([cursor, false]);
    }
    expect(pageQuerySchema.parse({ cursor: dataset })).toMatchObject({ cursor: dataset });
  });
});
