import { describe, expect, it } from 'vitest';
import { createDatasetSchema } from './datasets.ts';
import { createEvaluationSchema } from './evaluations.ts';
import { pageQuerySchema } from './page.ts';
import { createTuningSchema } from './tunings.ts';
import { createWorkspaceSchema, workspaceSchema } from './workspaces.ts';

const dataset = `ds_${'0'.repeat(26)}`;
const problems = (result: { success: boolean; error?: { issues: { path: PropertyKey[]; message: string }[] } }) =>
  result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

const byCode = (hidden: string) => [hidden, `U+${hidden.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`];

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

  it('has names that show what they hold', () => {
    for (const [hidden, code] of [
      ...['\u202e', '\u202a', '\u2066', '\u2069', '\u200e', '\u061c', '\u200b', '\u2060', '\ufeff', '\u00ad'].map(
        byCode,
      ),
      ...['\u2028', '\u3164', '\u115f', '\u034f', '\u180e', '\ufffb', '\u{e0041}'].map(byCode),
    ]) {
      const told = createWorkspaceSchema.safeParse({ name: `K ${hidden}64` });
      expect(problems(told)).toEqual([`name: a name has no invisible characters such as ${code}: type it anew`]);
    }
    for (const blank of ['\u200d', '\ufe0f \u200c']) {
      expect(createWorkspaceSchema.safeParse({ name: blank }).success).toBe(false);
    }
    // Letters from right to left, and what joins emoji and Persian letters, are as good as any.
    for (const name of ['סרטים 64', 'می‌خواهم', '👩‍💻 ❤️', 'Amélie']) {
      expect(createWorkspaceSchema.parse({ name })).toEqual({ name });
    }
    const id = 'ws_01jd3x6k8w5v0e9s2m4q7r1tza';
    const kept = { id, name: 'K \u202e64', createdAt: '2026-01-01T00:00:00Z' };
    expect(workspaceSchema.parse(kept)).toEqual(kept);
  });

  it('for a page names a cursor that a page has given', () => {
    for (const cursor of ['junk', '', '%00', 'ds_1']) {
      expect([cursor, pageQuerySchema.safeParse({ cursor }).success]).toEqual([cursor, false]);
    }
    expect(pageQuerySchema.parse({ cursor: dataset })).toMatchObject({ cursor: dataset });
  });
});
