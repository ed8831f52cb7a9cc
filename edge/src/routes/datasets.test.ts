import { env } from 'cloudflare:workers';
import type { Dataset, Preview } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import type { Page } from '../repo/db.ts';
import { places } from '../storage/places.ts';
import { call, defaultWorkspace, newWorkspace } from '../testing/client.ts';
import { createDataset, settled, uploaded } from '../testing/datasets.ts';

const placeOf = async (id: string) => places.dataset((await defaultWorkspace()).id, id);
const encode = (text: string) => new TextEncoder().encode(text);

function ratings(users: number, each: number): string {
  let csv = 'userId,movieId,title,rating,timestamp,genres\n';
  for (let user = 1; user <= users; user++) {
    for (let at = 0; at < each; at++) csv += `${user},${at},"Film, ${at}",${(at % 5) + 1},${1000 + at},Drama\n`;
  }
  return csv;
}

describe('datasets', () => {
  it('take ratings, count them, and show them as prompts', async () => {
    const dataset = await uploaded('interactions', 'csv', ratings(12, 12));
    expect(dataset).toMatchObject({
      state: 'ready',
      errorCount: 0,
      stats: { rows: 144, users: 12, items: 12, likedShare: 48 / 144 + 0, labelled: 144 },
    });
    expect(dataset.warnings).toEqual([
      'These columns are not used: genres.',
      'Only 24 samples can be made with a history of 10 items.',
    ]);
    expect(dataset.stats!.profile).toEqual({
      ratings: [1, 2, 3, 4, 5].map((rating) => ({
        from: rating,
        to: rating,
        count: rating < 3 ? 36 : 24,
        liked: rating > 3,
      })),
      historyLengths: expect.arrayContaining([{ from: 9, to: 16, count: 12 }]),
      itemRows: expect.arrayContaining([{ from: 9, to: 16, count: 12 }]),
      split: { unused: 0, train: 19, valid: 2, test: 3 },
    });
    const { body } = await call<Preview>('GET', `/v1/datasets/${dataset.id}/preview?limit=2&template=tallrec`);
    expect(body.samples).toHaveLength(2);
    expect(body.samples[0]!.prompt).toContain('User Preference: "Film, 3", "Film, 4", "Film, 8", "Film, 9"\n');
    expect(body.samples[0]).toMatchObject({ answer: 'No.', tokens: null });
    const rows = await (await env.BUCKET.get(`${await placeOf(dataset.id)}rows.jsonl`))!.text();
    expect(JSON.parse(rows.split('\n')[0]!)).toEqual({ user: '1', item: '0', title: 'Film, 0', rating: 1, time: 1000 });
  });

  it('are rejected with the line, column, problem and fix of each bad row, and leave no rows behind', async () => {
    const dataset = await uploaded(
      'interactions',
      'csv',
      'user;item;title;rating;time\n1;2;A;five;100\n1;3;B;4;yesterday\n1;4;;4;100\n1;5;"C\nD";4;2015-03-01\n1;6;E\n',
    );
    expect(dataset.state).toBe('rejected');
    expect(dataset.errorCount).toBe(4);
    expect(dataset.rowErrors.map(({ line, column }) => [line, column])).toEqual([
      [2, 'rating'],
      [3, 'time'],
      [4, 'title'],
      [7, null],
    ]);
    expect(dataset.rowErrors[0]).toMatchObject({
      problem: '"five" is not a number.',
      fix: expect.stringContaining('3.5'),
    });
    const place = await placeOf(dataset.id);
    expect((await env.BUCKET.list({ prefix: place })).objects.map(({ key }) => key)).toEqual([`${place}raw`]);
    const preview = await call('GET', `/v1/datasets/${dataset.id}/preview`);
    expect([preview.status, preview.body.error.code]).toEqual([422, 'DATASET_REJECTED']);
  });

  it('are taken without the rows that cannot be used where that was said, and nothing where these are most', async () => {
    const bad = 'user,item,title,stars,time\n1,2,A,five,100\n1,3,B,4,101\n1,4,C,4,102\n';
    const more = { badRows: 'leave-out' } as const;
    const dataset = await uploaded('interactions', 'csv', bad, more);
    expect(dataset).toMatchObject({
      state: 'ready',
      badRows: 'leave-out',
      errorCount: 1,
      rowErrors: [{ line: 2, column: 'stars' }],
      stats: { rows: 2, unusable: 1 },
    });
    expect(dataset.warnings[0]).toBe(
      '1 of 3 rows cannot be used and is left out. Line 2, stars: "five" is not a number.',
    );
    const rows = await (await env.BUCKET.get(`${await placeOf(dataset.id)}rows.jsonl`))!.text();
    expect(rows.trimEnd().split('\n')).toHaveLength(2);
    const most = await uploaded('interactions', 'csv', bad.replace(',4,101', ',four,101'), more);
    expect(most).toMatchObject({
      state: 'rejected',
      rowErrors: [{ problem: expect.stringContaining('2 of 3') }, {}, {}],
    });
  });

  it('that were refused for some rows are validated again without these', async () => {
    const refused = await uploaded(
      'samples',
      'jsonl',
      '{"history":[],"target":{"title":"A"}}\n{"history":1}\n'.repeat(3),
    );
    expect(refused).toMatchObject({ state: 'rejected', badRows: 'refuse', stats: { rows: 3, unusable: 3 } });
    const body = { badRows: 'leave-out' };
    expect((await call('POST', `/v1/datasets/${refused.id}/validate`, { body })).status).toBe(202);
    expect(await settled(refused.id)).toMatchObject({ state: 'ready', badRows: 'leave-out', stats: { rows: 3 } });
  });

  it('keep the first 100 errors and count all', async () => {
    const dataset = await uploaded('samples', 'jsonl', '{"history":[]}\n'.repeat(150));
    expect(dataset.rowErrors).toHaveLength(100);
    expect(dataset.errorCount).toBe(150);
  });

  it('take ratings as an array of JSON too', async () => {
    const ratings = [5, 1, 4].map((rating, at) => ({ uid: 7, isbn: at, title: `A ${at}`, rating, date: '2020-01-02' }));
    const dataset = await uploaded('interactions', 'json', JSON.stringify(ratings));
    expect(dataset).toMatchObject({ state: 'ready', stats: { rows: 3, users: 1, items: 3, likedShare: 2 / 3 } });
  });

  it('take the published samples and Alpaca rows', async () => {
    const published = {
      instruction: 'x',
      input: 'User Preference: "A", "B"\nUser Unpreference: "C"\nWhether the user will like the target movie "D"?',
      output: 'Yes.',
    };
    const samples = await uploaded('samples', 'json', JSON.stringify([published, published], null, 2));
    expect(samples).toMatchObject({ state: 'ready', stats: { rows: 2, users: null, items: 4, likedShare: 1 } });
    expect(samples.warnings.join()).toContain('1 row is repeated');
    const instructions = await uploaded('instructions', 'jsonl', '\ufeff{"instruction":"Say hi","output":"hi"}\n\n');
    expect(instructions).toMatchObject({
      state: 'ready',
      stats: { rows: 1, users: null, items: null, likedShare: null },
    });
    const { body } = await call<Preview>('GET', `/v1/datasets/${instructions.id}/preview?template=alpaca`);
    expect(body.samples[0]).toMatchObject({
      answer: 'hi',
      prompt: expect.stringContaining('### Instruction:\nSay hi'),
    });
  });

  it('take samples whose answer is not known, to be scored alone', async () => {
    const own = { history: [{ title: 'A', liked: true }], target: { title: 'B' } };
    const published = {
      instruction: 'x',
      input: 'User Preference: "A"\nUser Unpreference: \nWhether the user will like the target movie "D"?',
      output: '',
    };
    const rows = [{ ...own, liked: true }, own, published].map((row) => JSON.stringify(row)).join('\n');
    const dataset = await uploaded('samples', 'jsonl', rows);
    expect(dataset).toMatchObject({ state: 'ready', stats: { rows: 3, labelled: 1, likedShare: 1 } });
    expect(dataset.warnings).toContain('2 rows do not say what was liked: they can only be scored.');
    const { body } = await call<Preview>('GET', `/v1/datasets/${dataset.id}/preview`);
    expect(body.samples.map(({ answer }) => answer)).toEqual(['Yes.', null, null]);
  });

  it.each([
    ['csv', 'movieId;title;director\n1;"Heat; part 1";Mann\n2;Alien;\n1;Heat;Mann\n'],
    [
      'json',
      '[{"id":"1","title":"Heat; part 1","by":"Mann"},{"id":2,"title":"Alien"},{"id":"1","title":"Heat","by":"Mann"}]',
    ],
    [
      'jsonl',
      '{"id":1,"title":"Heat; part 1","by":"Mann"}\n{"id":"2","title":"Alien"}\n{"id":1,"title":"Heat","by":"Mann"}',
    ],
  ])('take items as %s', async (format, content) => {
    const dataset = await uploaded('items', format, content);
    expect(dataset).toMatchObject({
      state: 'ready',
      stats: { rows: 3, items: 2, users: null, likedShare: null, labelled: 0 },
      warnings: ['1 row is of an item that has come before.'],
    });
    const rows = await (await env.BUCKET.get(`${await placeOf(dataset.id)}rows.jsonl`))!.text();
    expect(
      rows
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { title: 'Heat; part 1', by: 'Mann', id: '1' },
      { title: 'Alien', id: '2' },
    ]);
    expect((await call<Preview>('GET', `/v1/datasets/${dataset.id}/preview`)).body.samples).toEqual([]);
  });

  it('that were validated before there were profiles have none', async () => {
    const { id } = await uploaded('items', 'csv', 'title\nHeat\n');
    await env.DB.prepare("update datasets set stats = json_remove(stats, '$.profile') where id = ?").bind(id).run();
    expect((await call<Dataset>('GET', `/v1/datasets/${id}`)).body.stats).toMatchObject({ rows: 1, profile: null });
  });

  it.each([
    ['csv', 'reader,book,name of it,grade,when\n7,1,Emma,5,100\n'],
    ['jsonl', '{"reader":7,"book":"1","name of it":"Emma","grade":5,"when":100}\n'],
  ])('take their columns from where they are said to be: %s', async (format, content) => {
    const columns = { user: 'reader', item: 'book', title: 'name of it', rating: 'grade', time: 'when' };
    const dataset = await uploaded('interactions', format, content, { columns });
    expect(dataset).toMatchObject({ state: 'ready', columns, errorCount: 0 });
    const rows = await (await env.BUCKET.get(`${await placeOf(dataset.id)}rows.jsonl`))!.text();
    expect(JSON.parse(rows)).toEqual({ user: '7', item: '1', title: 'Emma', rating: 5, time: 100 });
    const lacking = await uploaded('interactions', format, content, { columns: { ...columns, rating: 'stars' } });
    expect(lacking.state).toBe('rejected');
    expect(lacking.rowErrors[0]).toMatchObject({
      line: 1,
      column: 'rating',
      problem: expect.stringContaining('"stars"'),
    });
    const items = await uploaded('items', format, content, { columns: { title: 'name of it', item: 'book' } });
    expect(items).toMatchObject({ state: 'ready', stats: { items: 1 } });
  });

  it('of items need a title', async () => {
    const dataset = await uploaded('items', 'csv', 'id,genre\n1,Crime\n');
    expect(dataset.rowErrors).toMatchObject([{ line: 1, column: 'title', fix: expect.stringContaining('item,title') }]);
  });

  it('are deleted with their bytes, but not while a job reads them, which is named', async () => {
    const dataset = await uploaded('instructions', 'jsonl', '{"instruction":"a","output":"b"}');
    const { id: workspace } = await defaultWorkspace();
    const job = async (id: string, owner: string) => {
      await env.DB.batch([
        env.DB.prepare(
          "insert into jobs (id, workspace, kind, name, state, spec, created_by, created_at, updated_at) values (?,?,'tuning','t','running','{}','key_x',0,0)",
        ).bind(id, owner),
        env.DB.prepare('insert into job_inputs (job, input) values (?,?)').bind(id, dataset.id),
      ]);
    };
    await job(`tun_of_others_${dataset.id}`, 'ws_of_others');
    const reading = `tun_reading_${dataset.id}`;
    await job(reading, workspace);
    const refused = await call('DELETE', `/v1/datasets/${dataset.id}`);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT', details: { jobs: [reading] } } } });
    await env.DB.prepare("update jobs set state = 'succeeded' where id = ?").bind(reading).run();
    expect((await call('DELETE', `/v1/datasets/${dataset.id}`)).status).toBe(204);
    await env.DB.prepare('delete from jobs where id like ?').bind(`%${dataset.id}`).run();
    expect((await env.BUCKET.list({ prefix: await placeOf(dataset.id) })).objects).toEqual([]);
    expect((await call('GET', `/v1/datasets/${dataset.id}`)).status).toBe(404);
    expect((await call('DELETE', `/v1/datasets/${dataset.id}`)).status).toBe(404);
    const uploads = await env.DB.prepare('select 1 from uploads where subject = ?').bind(dataset.id).all();
    expect(uploads.results).toEqual([]);
  });

  it('are validated again when they were rejected, and only then', async () => {
    const bad = await uploaded('instructions', 'jsonl', '{"instruction":"a"}');
    expect(bad.state).toBe('rejected');
    const again = await call<Dataset>('POST', `/v1/datasets/${bad.id}/validate`);
    expect(again.status).toBe(202);
    expect(await settled(bad.id)).toMatchObject({ state: 'rejected', errorCount: 1 });
    const good = await uploaded('instructions', 'jsonl', '{"instruction":"a","output":"b"}');
    expect((await call('POST', `/v1/datasets/${good.id}/validate`)).body.error.code).toBe('ILLEGAL_STATE');
    const { body } = await createDataset({ name: 'x', kind: 'items', format: 'csv', bytes: 1 });
    expect((await call('POST', `/v1/datasets/${body.dataset.id}/validate`)).body.error.code).toBe('ILLEGAL_STATE');
  });

  it('show their own fields alone, and each change is in the audit', async () => {
    const dataset = await uploaded('items', 'csv', 'title\nHeat\n');
    expect(Object.keys(dataset).sort()).toEqual(
      'badRows bytes columns createdAt createdBy errorCount facts format id kind name rowErrors sampling sha256 state stats updatedAt warnings'.split(
        ' ',
      ),
    );
    await call('DELETE', `/v1/datasets/${dataset.id}`);
    const { body } = await call<{ items: { action: string; actor: string }[] }>(
      'GET',
      `/v1/audit?subject=${dataset.id}`,
    );
    expect(body.items.map(({ action }) => action).sort()).toEqual([
      'dataset.accept',
      'dataset.complete',
      'dataset.create',
      'dataset.delete',
    ]);
    expect(body.items.filter(({ actor }) => actor === dataset.createdBy)).toHaveLength(3);
  });

  it('are those of one workspace, whatever another one asks for', async () => {
    const dataset = await uploaded('items', 'csv', 'title\nHeat\n');
    const { key } = await newWorkspace();
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/upload'],
      ['GET', '/preview'],
      ['GET', '/items'],
      ['GET', '/histories'],
      ['POST', '/complete'],
      ['POST', '/validate'],
      ['DELETE', ''],
    ] as const) {
      const ask = (id: string) =>
        call(method, `/v1/datasets/${id}${rest}`, { key, ...(rest === '/complete' ? { body: {} } : {}) });
      const foreign = await ask(dataset.id);
      const never = await ask('ds_00000000000000000000000000');
      expect([method, rest, foreign.status]).toEqual([method, rest, 404]);
      const words = (message: string) => message.replace(/ds_\w+/, 'ID');
      expect(words(foreign.body.error.message)).toBe(words(never.body.error.message));
    }
    expect((await call<{ items: unknown[] }>('GET', '/v1/datasets', { key })).body.items).toEqual([]);
    expect((await call<Dataset>('GET', `/v1/datasets/${dataset.id}`)).body.state).toBe('ready');
  });

  it('are listed by kind and state, page by page', async () => {
    const { key } = await newWorkspace();
    const ratings: string[] = [];
    for (let at = 0; at < 3; at++) {
      await uploaded('items', 'csv', 'title\nHeat\n', { key });
      const bytes = { name: 'x', kind: 'interactions', format: 'csv', bytes: 1 };
      ratings.unshift((await createDataset(bytes, key)).body.dataset.id);
    }
    const rejected = await uploaded('items', 'csv', 'nothing\n1\n', { key });
    const list = async (query: string) => {
      const pages: string[][] = [];
      let from = '';
      do {
        const { body } = await call<Page<Dataset>>('GET', `/v1/datasets?${query}${from}`, { key });
        pages.push(body.items.map(({ id }) => id));
        from = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
      } while (from !== '');
      return pages;
    };
    expect(await list('kind=interactions&limit=2')).toEqual([ratings.slice(0, 2), ratings.slice(2)]);
    expect(await list('state=rejected')).toEqual([[rejected.id]]);
    expect((await list('kind=items&state=ready&limit=2')).map(({ length }) => length)).toEqual([2, 1]);
    expect(await list('kind=samples')).toEqual([[]]);
    expect((await list('limit=100')).flat()).toHaveLength(7);
    expect((await call('GET', '/v1/datasets?kind=films', { key })).status).toBe(400);
  });

  const tab = [
    'user_id:token\titem_id:token\ttitle:token_seq\trating:float\ttimestamp:float',
    '1\t2\tAmélie\t5\t6',
  ].join('\n');
  it.each([
    ['RecBole', 'csv', encode(tab)],
    ['MovieLens', 'csv', encode('1::2::Amélie::5::978300760\n')],
    ['UTF-16', 'csv', Uint8Array.from([...`\ufeff${tab}`].flatMap((char) => [char.charCodeAt(0), 0]).with(1, 0xfe))],
    ['JSON Lines as json', 'json', encode('{"user":1,"item":2,"title":"Amélie","rating":5,"time":6}\n'.repeat(2))],
    ['an array in an object', 'json', encode('{"data":[{"user":1,"item":2,"title":"Amélie","rating":5,"time":6}]}')],
  ])('take %s by their content', async (_, format, content) => {
    const dataset = await uploaded('interactions', format, content);
    expect([dataset.state, dataset.rowErrors]).toEqual(['ready', []]);
    const rows = await (await env.BUCKET.get(`${await placeOf(dataset.id)}rows.jsonl`))!.text();
    expect(JSON.parse(rows.split('\n')[0]!)).toMatchObject({ user: '1', item: '2', title: 'Amélie', rating: 5 });
  });

  it.each([
    [
      'Latin-1',
      Uint8Array.from(ratings(2, 3).replaceAll('Film', 'Fïlm'), (char) => char.charCodeAt(0)),
      /iconv -f ISO-8859-1/,
    ],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0), /gunzip/],
    [
      'reviews',
      encode('{"asin":"B1","user_id":"A","title":"Good","text":".","rating":4,"timestamp":1588615855070}\n'),
      /item_title/,
    ],
  ])('refuse %s in words that help', async (_, content, words) => {
    const dataset = await uploaded('interactions', 'jsonl', content);
    expect([dataset.state, dataset.errorCount]).toEqual(['rejected', 1]);
    expect(dataset.rowErrors[0]!.fix).toMatch(words);
  });

  it('leave out ratings that say "not rated"', async () => {
    const content = 'user;item;title;rating;time\n1;1;A;0;1\n1;2;B;8;2\n1;3;C;0;3\n';
    const dataset = await uploaded('interactions', 'csv', content, { sampling: { unrated: 0 } });
    expect(dataset).toMatchObject({ stats: { rows: 1, likedShare: 1 }, sampling: { unrated: 0 } });
    expect(dataset.warnings[0]).toBe('2 rows with the rating 0 are not rated and left out.');
  });

  it('refuse a format that there is not', async () => {
    const { status, body } = await call('POST', '/v1/datasets', {
      body: { name: 'x', kind: 'samples', format: 'xlsx', bytes: 1 },
    });
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.error.message).toContain('format');
  });
});
