// What a dataset tells of its items and of its users' histories.
import { env } from 'cloudflare:workers';
import type { DatasetHistories, DatasetItems } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { places } from '../storage/places.ts';
import { call, defaultWorkspace } from '../testing/client.ts';
import { createDataset, uploaded } from '../testing/datasets.ts';

const itemsOf = async (id: string, query = '') =>
  (await call<DatasetItems>('GET', `/v1/datasets/${id}/items?${query}`)).body;
const historiesOf = async (id: string, query = '') =>
  (await call<DatasetHistories>('GET', `/v1/datasets/${id}/histories?${query}`)).body;
const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const FILMS = ['Amélie (2001)', 'Alien (1979)', 'American Beauty (1999)', 'Heat (1995)'];
/** The film of number n is rated by the users u0 to un, and liked by those with an even number. */
const ratings = jsonl(
  FILMS.flatMap((title, film) =>
    Array.from({ length: film + 1 }, (_, user) => ({
      user: `u${user}`,
      item: `f${film}`,
      title,
      rating: user % 2 === 0 ? 5 : 1,
      time: 100 + film,
    })),
  ),
);

const itemsPlace = async (id: string) => places.datasetItems((await defaultWorkspace()).id, id);

describe('the items of a dataset', () => {
  it('of ratings are those in the most rows first, and found by words', async () => {
    const { id } = await uploaded('interactions', 'jsonl', ratings);
    expect(await itemsOf(id)).toEqual({
      items: [
        { id: 'f3', title: 'Heat (1995)', rows: 4, liked: 2 },
        { id: 'f2', title: 'American Beauty (1999)', rows: 3, liked: 2 },
        { id: 'f1', title: 'Alien (1979)', rows: 2, liked: 1 },
        { id: 'f0', title: 'Amélie (2001)', rows: 1, liked: 1 },
      ],
      total: 4,
      complete: true,
    });
    const found = await itemsOf(id, 'search=AME&limit=1');
    expect(found).toMatchObject({ items: [{ id: 'f2' }], total: 2, complete: true });
    expect((await itemsOf(id, 'search=heat+alien')).items).toEqual([]);
    expect((await call('GET', `/v1/datasets/${id}/items?limit=101`)).status).toBe(400);
    expect((await call('DELETE', `/v1/datasets/${id}`)).status).toBe(204);
    expect(await env.BUCKET.head(await itemsPlace(id))).toBeNull();
  });

  it('of samples stand in histories and as targets, once a row', async () => {
    const book = (title: string, liked: boolean) => ({ title, by: 'Ann', liked });
    const { id } = await uploaded(
      'samples',
      'jsonl',
      jsonl([
        { history: [book('A', false), book('A', true)], target: { title: 'B' }, liked: false },
        { history: [book('A', false)], target: { title: 'A', by: 'Ann' } },
        { history: [], target: { title: 'A', by: 'Bob' }, liked: true },
      ]),
    );
    expect((await itemsOf(id)).items).toEqual([
      { title: 'A', by: 'Ann', rows: 2, liked: 1 },
      { title: 'B', rows: 1, liked: 0 },
      { title: 'A', by: 'Bob', rows: 1, liked: 1 },
    ]);
  });

  it('of a catalogue are its rows, and of instructions there are none', async () => {
    const catalogue = await uploaded(
      'items',
      'csv',
      'id,title,author\n1,Emma,Austen\n2,Persuasion,Austen\n1,Emma,Austen\n',
    );
    expect(await itemsOf(catalogue.id, 'search=per')).toEqual({
      items: [{ id: '2', title: 'Persuasion', by: 'Austen', rows: 1, liked: 0 }],
      total: 1,
      complete: true,
    });
    const instructions = await uploaded('instructions', 'jsonl', '{"instruction":"a","output":"b"}');
    expect(await itemsOf(instructions.id)).toEqual({ items: [], total: 0, complete: true });
    expect(await env.BUCKET.head(await itemsPlace(instructions.id))).toBeNull();
  });

  it('that were not kept are those of its first rows', async () => {
    for (const [kind, format, content] of [
      ['interactions', 'jsonl', ratings],
      ['samples', 'jsonl', '{"history":[],"target":{"title":"B"}}\n'],
      ['items', 'csv', 'title\nHeat\n'],
    ] as const) {
      const { id } = await uploaded(kind, format, content);
      const kept = await itemsOf(id);
      await env.BUCKET.delete(await itemsPlace(id));
      expect(await itemsOf(id)).toEqual(kept);
    }
    const long = Array.from(
      { length: 60_000 },
      (_, at) => `${at % 30_000},A film of some length with the number ${at}\n`,
    );
    const { id } = await uploaded('items', 'csv', `id,title\n${long.join('')}`);
    expect(await itemsOf(id, 'limit=1')).toMatchObject({
      items: [{ id: '0', rows: 2 }],
      total: 20_000,
      complete: false,
    });
    await env.BUCKET.delete(await itemsPlace(id));
    expect(await itemsOf(id, 'limit=1')).toMatchObject({ complete: false });
  });

  it('are told of what is ready', async () => {
    const { body } = await createDataset({ name: 'x', kind: 'items', format: 'csv', bytes: 1 });
    const rejected = await uploaded('items', 'csv', 'nothing\n1\n');
    expect(await env.BUCKET.head(await itemsPlace(rejected.id))).toBeNull();
    for (const what of ['items', 'histories']) {
      const early = await call('GET', `/v1/datasets/${body.dataset.id}/${what}`);
      expect([early.status, early.body.error.code]).toEqual([409, 'ILLEGAL_STATE']);
      const never = await call('GET', `/v1/datasets/${rejected.id}/${what}`);
      expect([never.status, never.body.error.code]).toEqual([422, 'DATASET_REJECTED']);
    }
  });
});

describe('the histories of a dataset', () => {
  it('of ratings are the latest of each user, of the length of its samples, with what came next', async () => {
    const { id } = await uploaded('interactions', 'jsonl', ratings, { sampling: { historyLength: 2, noun: 'film' } });
    const { histories, complete } = await historiesOf(id);
    expect(complete).toBe(true);
    expect(histories.map(({ user, history, next }) => [user, history.map((item) => item.id), next.id])).toEqual([
      ['u0', ['f1', 'f2'], 'f3'],
      ['u1', ['f1', 'f2'], 'f3'],
      ['u2', ['f2'], 'f3'],
    ]);
    expect(histories[1]).toMatchObject({
      noun: 'film',
      history: [
        { title: 'Alien (1979)', at: 101, liked: false },
        { title: 'American Beauty (1999)', at: 102, liked: false },
      ],
      next: { title: 'Heat (1995)', at: 103, liked: false },
    });
    expect((await historiesOf(id, 'user=u1')).histories.map(({ user }) => user)).toEqual(['u1']);
    expect((await historiesOf(id, 'limit=2')).histories).toHaveLength(2);
  });

  it('of samples are the latest of each user, and each of those without one', async () => {
    const sample = (title: string, more: object = {}) => ({
      history: [{ title: 'A', liked: true }],
      target: { title },
      ...more,
    });
    const { id } = await uploaded(
      'samples',
      'jsonl',
      jsonl([
        sample('B', { user: 'ann', liked: true, target: { title: 'B', at: 2 } }),
        sample('C', { user: 'ann', liked: false, target: { title: 'C', at: 1 } }),
        sample('D', { user: 'bob' }),
        sample('E', { user: 'bob', liked: false }),
        sample('F'),
        sample('F'),
      ]),
    );
    const { histories } = await historiesOf(id);
    expect(histories.map(({ user, next }) => [user, next.title, next.liked])).toEqual([
      ['ann', 'B', true],
      ['bob', 'E', false],
      [null, 'F', null],
      [null, 'F', null],
    ]);
    expect((await historiesOf(id, 'user=b')).histories).toHaveLength(1);
  });

  it('are looked for beyond the first rows, and told to be some where there are more', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({
      user: `u${at % 2500}`,
      item: String(at),
      title: `A film whose name is long enough to fill a window, number ${at}`,
      rating: 4,
      time: at,
    }));
    const { id } = await uploaded('interactions', 'jsonl', jsonl(rows));
    const far = await historiesOf(id, 'user=u2499');
    expect(far).toMatchObject({
      histories: [{ user: 'u2499', history: [{ id: '2499' }], next: { id: '4999' } }],
      complete: true,
    });
    const some = jsonl(rows.map((row, at) => ({ ...row, user: `u${at % 10}` })));
    const dataset = await uploaded('interactions', 'jsonl', some);
    expect(await historiesOf(dataset.id, 'limit=3')).toMatchObject({ complete: false, histories: { length: 3 } });
  });

  it('of items and instructions there are none', async () => {
    for (const [kind, content] of [
      ['items', '{"title":"A"}'],
      ['instructions', '{"instruction":"a","output":"b"}'],
    ] as const) {
      const { id } = await uploaded(kind, 'jsonl', content);
      expect(await historiesOf(id)).toEqual({ histories: [], complete: true });
    }
  });
});
