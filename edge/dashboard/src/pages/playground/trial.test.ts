import { rankRequestSchema, scoreRequestSchema } from '@tallrec/shared/wire/score';
import { describe, expect, it } from 'vitest';
import {
  EMPTY,
  type Person,
  rankRequest,
  scoreRequest,
  type Trial,
  trialSchema,
  withCandidate,
  withLiked,
  withMoved,
  withoutCandidate,
  withoutRead,
  withPerson,
  withPopular,
  withRead,
} from './trial.ts';

const item = (id: string) => ({ id, title: `Film ${id}` });
const known = (id: string, liked: number) => ({ ...item(id), rows: liked + 1, liked });
const person: Person = {
  user: 'u7',
  noun: 'movie',
  history: [
    { ...item('1'), at: 5, liked: true },
    { ...item('2'), at: 6, liked: false },
  ],
  next: { ...item('3'), at: 7, liked: true },
};
const titles = ({ history }: Trial) => history.map(({ title }) => title);

describe('what is tried', () => {
  const begun = withPopular(withPerson(EMPTY, person, 'u7'), [
    known('1', 9),
    known('4', 8),
    known('3', 7),
    known('5', 6),
  ]);

  it('begins with a history, what came next, and popular items that are new to the person', () => {
    expect(begun.candidates).toEqual([
      { ...item('3'), at: 7, next: { liked: true } },
      { ...item('4'), likes: 8 },
      { ...item('5'), likes: 6 },
    ]);
    expect(trialSchema.parse(JSON.parse(JSON.stringify(begun)))).toEqual(begun);
  });

  it('keeps the candidates that fit when another person is tried', () => {
    const other = {
      ...person,
      user: 'u8',
      history: [{ ...item('4'), liked: true }],
      next: { ...item('5'), liked: null },
    };
    const now = withPerson(withCandidate(begun, known('6', 2)), other, 'u8');
    expect(now.candidates).toEqual([
      { ...item('5'), next: { liked: null } },
      { ...item('6'), likes: 2 },
    ]);
    expect([now.user, now.dataset]).toEqual(['u8', null]);
  });

  it('is edited without a title twice, and without falling off an end', () => {
    expect(withCandidate(begun, item('4'))).toBe(begun);
    expect(withRead(begun, item('1'))).toBe(begun);
    expect(titles(withRead(begun, { title: 'Typed' }))).toEqual(['Film 1', 'Film 2', 'Typed']);
    expect(withMoved(begun, 0, -1)).toBe(begun);
    expect(withMoved(begun, 1, 1)).toBe(begun);
    expect(titles(withMoved(begun, 0, 1))).toEqual(['Film 2', 'Film 1']);
    expect(withLiked(begun, 1, true).history[1]!.liked).toBe(true);
    expect(titles(withoutRead(begun, 0))).toEqual(['Film 2']);
    expect(withoutCandidate(begun, item('4')).candidates).toHaveLength(2);
  });

  it('makes requests that the API takes, with nothing in them that it does not need', () => {
    const choice = { model: 'm', adapter: 'production', template: 'clean' } as const;
    const items = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5v';
    expect(rankRequest(EMPTY, { ...choice, items })).toEqual({ ...rankRequest(EMPTY, choice), items });
    const rank = rankRequest(begun, choice);
    expect(rankRequestSchema.parse(rank)).toEqual(rank);
    expect(rank).toEqual({
      ...choice,
      noun: 'movie',
      history: [
        { title: 'Film 1', liked: true },
        { title: 'Film 2', liked: false },
      ],
      candidates: [item('3'), item('4'), item('5')],
    });
    const score = scoreRequest(begun, { ...choice, adapter: null }, begun.candidates[0]!);
    expect(scoreRequestSchema.parse(score)).toEqual(score);
    expect(score).not.toHaveProperty('adapter');
    expect(score.samples[0]).not.toHaveProperty('liked');
  });
});
