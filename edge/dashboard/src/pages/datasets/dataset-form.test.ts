import { describe, expect, it } from 'vitest';
import { lookAt } from './beginning.ts';
import { datasetErrors, initialValues, likedAboveFor, namedBy, requestOf, validSampling } from './dataset-form.ts';

const CSV = 'reader,item,title,rating,time\nann,1,A,9,1e9\nann,2,B,2,1000000001\nben,1,A,5,1000000000\n';
const beginning = { bytes: new TextEncoder().encode(CSV), whole: true };
const look = lookAt(beginning);
const values = () => initialValues('my books.csv', look, beginning);

describe('the form of a new dataset', () => {
  it('begins with what the file seems to be', () => {
    expect(values()).toMatchObject({
      name: 'my books',
      kind: 'interactions',
      columns: { user: 'reader' },
      likedAbove: 5,
      historyLength: 10,
    });
    expect(datasetErrors(values(), look, 10)).toEqual({});
  });

  it.each([
    [[0, 1], 0.5],
    [[1, 5, 3], 3],
    [[0, 10], 5],
    [[20, 100], 50],
    [[], null],
  ])('takes for ratings like %j those above %j for likes', (ratings, likedAbove) => {
    expect(likedAboveFor(ratings)).toBe(likedAbove);
  });

  it('opens a column again whose name is given to another, but lets titles stand for ids', () => {
    expect(namedBy({ user: 'a', item: 'b' }, { user: 'a', item: 'b' }, 'user', 'b')).toEqual({ user: 'b' });
    expect(namedBy({ title: 'title' }, {}, 'item', 'title')).toEqual({ item: 'title', title: 'title' });
    expect(namedBy({ item: 'a', title: 'a' }, { item: 'a', title: 'a' }, 'title', 'b')).toEqual({
      item: 'a',
      title: 'b',
    });
    expect(namedBy({ item: 'a', title: 'b' }, { item: 'a' }, 'item', 'c')).toEqual({ item: 'c' });
  });

  it('asks for what it shows, and of ratings alone how examples are made', () => {
    const announced = { format: 'csv', bytes: 10, sha256: 'a'.repeat(64) } as const;
    expect(requestOf({ ...values(), likedAbove: '', parts: [7, 2, 1] }, announced)).toEqual({
      ...{ name: 'my books', kind: 'interactions', columns: { user: 'reader' } },
      ...announced,
      sampling: { historyLength: 10, noun: 'book', parts: [7, 2, 1] },
    });
    expect(requestOf({ ...values(), kind: 'items', columns: {} }, announced)).not.toHaveProperty('sampling');
    expect(requestOf({ ...values(), badRows: 'leave-out' }, announced)).toMatchObject({ badRows: 'leave-out' });
    expect(requestOf({ ...values(), unrated: 0 }, announced)).toMatchObject({ sampling: { unrated: 0 } });
  });

  it('says what is wrong beside the field', () => {
    const wrong = { ...values(), name: ' ', historyLength: 0, noun: 'two words', parts: [0, 1, 1], columns: {} };
    expect(Object.keys(datasetErrors(wrong, { ...look, header: ['reader', 'title'] }, 10)).sort()).toEqual(
      [
        'columns.item',
        'columns.rating',
        'columns.time',
        'columns.user',
        'historyLength',
        'name',
        'noun',
        'parts',
      ].sort(),
    );
    expect(validSampling(wrong)).toBeNull();
    expect(validSampling(values())).toMatchObject({ likedAbove: 5 });
  });
});
