import { env } from 'cloudflare:workers';
import type { Dataset, Preview } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { call } from '../testing/client.ts';
import { createDataset, put, sha256, uploaded } from '../testing/datasets.ts';

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
      stats: { rows: 144, users: 12, items: 12, likedShare: 48 / 144 + 0 },
    });
    expect(dataset.warnings).toEqual([
      'These columns are not used: genres.',
      'Only 24 samples can be made with a historyLength of 10.',
    ]);
    const { body } = await call<Preview>('GET', `/v1/datasets/${dataset.id}/preview?limit=2&template=tallrec`);
    expect(body.samples).toHaveLength(2);
    expect(body.samples[0]!.prompt).toContain('User Preference: "Film, 3", "Film, 4", "Film, 8", "Film, 9"\n');
    expect(body.samples[0]).toMatchObject({ answer: 'No.', tokens: null });
    const rows = await (await env.BUCKET.get(`datasets/${dataset.id}/rows.jsonl`))!.text();
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
    expect((await env.BUCKET.list({ prefix: `datasets/${dataset.id}/` })).objects.map(({ key }) => key)).toEqual([
      `datasets/${dataset.id}/raw`,
    ]);
    const preview = await call('GET', `/v1/datasets/${dataset.id}/preview`);
    expect([preview.status, preview.body.error.code]).toEqual([422, 'DATASET_REJECTED']);
  });

  it('keep the first 100 errors and count all', async () => {
    const dataset = await uploaded('samples', 'jsonl', '{"history":[]}\n'.repeat(150));
    expect(dataset.rowErrors).toHaveLength(100);
    expect(dataset.errorCount).toBe(300);
  });

  it('take the published samples and Alpaca rows', async () => {
    const published = {
      instruction: 'x',
      input: 'User Preference: "A", "B"\nUser Unpreference: "C"\nWhether the user will like the target movie "D"?',
      output: 'Yes.',
    };
    const samples = await uploaded('samples', 'json', JSON.stringify([published, published], null, 2));
    expect(samples).toMatchObject({ state: 'ready', stats: { rows: 2, users: null, items: 4, likedShare: 1 } });
    expect(samples.warnings.join()).toContain('1 rows are repeated');
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

  it('are deleted with their bytes, but not while a job reads them', async () => {
    const dataset = await uploaded('instructions', 'jsonl', '{"instruction":"a","output":"b"}');
    await env.DB.prepare(
      "insert into tunings (id, name, state, model, dataset, settings, created_at, updated_at) values ('tun_1','t','running','m',?,'{}',0,0)",
    )
      .bind(dataset.id)
      .run();
    const refused = await call('DELETE', `/v1/datasets/${dataset.id}`);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'CONFLICT']);
    await env.DB.prepare("update tunings set state = 'succeeded'").run();
    expect((await call('DELETE', `/v1/datasets/${dataset.id}`)).status).toBe(204);
    expect((await env.BUCKET.list({ prefix: `datasets/${dataset.id}/` })).objects).toEqual([]);
    expect((await call('GET', `/v1/datasets/${dataset.id}`)).status).toBe(404);
  });

  it('refuse a format that a kind does not come in', async () => {
    const { status, body } = await call('POST', '/v1/datasets', {
      body: { name: 'x', kind: 'samples', format: 'csv', bytes: 1 },
    });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'VALIDATION_FAILED', message: expect.stringContaining('body.format') });
  });
});

describe('uploads', () => {
  const content = encode('{"instruction":"a","output":"b"}\n');
  const announce = async (more = {}) =>
    (await createDataset({ name: 'x', kind: 'instructions', format: 'jsonl', bytes: content.length, ...more })).body;

  it('keep nothing of bytes with the wrong SHA-256 or length, and may be repeated', async () => {
    const { dataset, upload } = await announce({ sha256: await sha256(content) });
    const wrong = await put(upload.url, content.toReversed());
    expect([wrong.status, wrong.body.error.code]).toEqual([422, 'CHECKSUM_MISMATCH']);
    const short = await put(upload.url, content.slice(1));
    expect([short.status, short.body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(await env.BUCKET.head(`datasets/${dataset.id}/raw`)).toBeNull();
    expect((await call('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} })).body.error.code).toBe(
      'ILLEGAL_STATE',
    );
    expect((await put(upload.url, content)).status).toBe(200);
    expect((await put(upload.url, content)).status).toBe(200);
  });

  it('need Content-Length', async () => {
    const { upload } = await announce();
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = put(upload.url, readable as unknown as Uint8Array);
    await writer.write(content).catch(() => undefined);
    await writer.close().catch(() => undefined);
    const { status, body } = await answer;
    expect([status, body.error.code]).toEqual([411, 'LENGTH_REQUIRED']);
  });

  it('are refused once completed; completing again changes nothing', async () => {
    const { dataset, upload } = await announce();
    await put(upload.url, content);
    const first = await call<Dataset>('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} });
    const again = await call<Dataset>('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} });
    expect([first.status, again.status]).toEqual([202, 202]);
    const late = await put(upload.url, content);
    expect([late.status, late.body.error.code]).toEqual([409, 'ILLEGAL_STATE']);
  });

  it('take no token that was changed', async () => {
    const { upload } = await announce();
    const at = upload.url.length - 20;
    const other = upload.url[at] === 'A' ? 'B' : 'A';
    const forged = await put(upload.url.slice(0, at) + other + upload.url.slice(at + 1), content);
    expect([forged.status, forged.body.error.code]).toEqual([401, 'TOKEN_INVALID']);
    expect((await call('GET', new URL(upload.url).pathname, { key: null })).body.error.code).toBe('FORBIDDEN');
  });
});
