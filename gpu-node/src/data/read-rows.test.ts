import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetRatings } from '@tallrec/shared/rows/files/fixtures/parquet-ratings';
import { type LabelledSample, toInstructionRow } from '@tallrec/shared/sample';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInteractions } from './read-interactions.ts';
import { countRows, readInstructions, readLabelledSamples, readSamples, readText } from './read-rows.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rows-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}

const sample: LabelledSample = {
  noun: 'movie',
  history: [{ title: 'Alien (1979)', liked: true }],
  target: { title: 'Heat, The (1995)' },
  liked: false,
};
const published = toInstructionRow(sample);

describe('sample files', () => {
  test.each([
    ['a published JSON array', JSON.stringify([published, published], null, 4)],
    [
      'JSONL of published rows, with a BOM and empty lines',
      `\uFEFF${JSON.stringify(published)}\n\n${JSON.stringify(published)}\n`,
    ],
    ['JSONL of samples', `${JSON.stringify(sample)}\n${JSON.stringify(sample)}`],
  ])('%s', async (_, text) => {
    expect(await readLabelledSamples(await file('samples', text))).toEqual([sample, sample]);
  });

  test('unlabelled published rows can be scored', async () => {
    const { liked: _, ...unlabelled } = sample;
    const rows = [
      { ...published, output: '' },
      { instruction: published.instruction, input: published.input },
    ];
    expect(await readSamples(await file('unanswered.json', JSON.stringify(rows)))).toEqual([unlabelled, unlabelled]);
  });

  test('rows are counted whatever they hold', async () => {
    expect(await countRows(await file('count.json', '[{"a":1},\n 2, "x"]'))).toBe(3);
    expect(await countRows(await file('count.csv', 'a,b\n1,2\n"3\n4",5\n'))).toBe(2);
    await expect(countRows(await file('cut.json', '[{"a":1},'))).rejects.toThrow(/cut off/);
    await expect(countRows(join(dir, 'nowhere'))).rejects.toThrow(/nowhere cannot be read/);
  });

  test('samples without a label can be scored but not learned from', async () => {
    const { liked: _, ...unlabelled } = sample;
    const path = await file('unlabelled.jsonl', `${JSON.stringify(sample)}\n${JSON.stringify(unlabelled)}\n`);
    expect(await readSamples(path)).toHaveLength(2);
    await expect(readLabelledSamples(path)).rejects.toThrow(/line 2: it does not say whether.*Add "liked"/);
  });

  test.each([
    ['{"history": [', /line 1: This is not valid JSON/],
    ['[{"instruction": "a"', /line 1: The file ends in the row that begins at line 1/],
    ['{"history": [], "target": {"title": ""}}', /line 1: target\.title: a title may not be empty/],
    [JSON.stringify({ ...published, input: 'User: x' }), /line 1: input: expected three lines/],
    [
      JSON.stringify([published, { ...published, output: 'Perhaps' }], null, 2),
      /line 7: output: expected "Yes\." or "No\."/,
    ],
    ['"text"', /line 1: instruction: This is neither JSON nor a table/],
  ])('%s is refused with its place', async (text, message) => {
    await expect(readSamples(await file('bad', text))).rejects.toThrow(message);
  });

  test('other texts are refused in encodings that are not read', async () => {
    expect(await readText(await file('request.json', '\uFEFF{"title":"Café"}'))).toBe('{"title":"Café"}');
    expect(await readText(await file('utf16.json', Buffer.from('\uFEFF"Café"', 'utf16le')))).toBe('"Café"');
    const latin1 = await file('latin1.json', Buffer.from('{"title":"Café"}', 'latin1'));
    await expect(readText(latin1)).rejects.toThrow(/line 1: This is not UTF-8.*iconv -f ISO-8859-1/);
  });

  test('a missing file is named', async () => {
    await expect(readSamples(join(dir, 'nowhere'))).rejects.toThrow(/nowhere cannot be read/);
  });

  test('instructions', async () => {
    const row = { instruction: 'Say hello.', output: 'Hello.' };
    const warnings: string[] = [];
    const path = await file('alpaca.json', JSON.stringify([{ ...row, input: null, system: 'Be brief.' }]));
    expect(await readInstructions(path, { onWarning: (warning) => warnings.push(warning) })).toEqual([
      { ...row, input: '' },
    ]);
    expect(warnings).toEqual([`${path}: These fields are not used: system.`]);
    const csv = await file('alpaca.csv', 'instruction,input,output\nSay hello.,,Hello.\n');
    expect(await readInstructions(csv)).toEqual([{ ...row, input: '' }]);
    await expect(readInstructions(await file('bad.json', '[{"output": "x"}]'))).rejects.toThrow(/line 1: instruction/);
  });
});

describe('ratings files', () => {
  const interaction = { user: '7', item: '1', title: 'Alien, the "first" (1979)', rating: 4, time: 100 };
  const json = { userId: 7, itemId: 1, title: interaction.title, rating: 4, timestamp: 100 };

  test('CSV with quotes, and an optional creator', async () => {
    const text =
      'user,item,title,rating,time,by\r\n7,1,"Alien, the ""first"" (1979)",4,100,\r\n7,2,Dune,2.5,101,Herbert\r\n';
    expect(await readInteractions(await file('r.csv', text))).toEqual([
      interaction,
      { user: '7', item: '2', title: 'Dune', rating: 2.5, time: 101, by: 'Herbert' },
    ]);
  });

  const header = 'userId;movieId;Title;rating;timestamp';
  test.each([
    ['r.csv', `${header}\n7;1;"Alien, the ""first"" (1979)";4;1970-01-01T00:01:40Z\n`],
    ['r.tsv', `${header.replaceAll(';', '\t')}\r7\t1\tAlien, the "first" (1979)\t4\t100\r`],
    ['r.dat', '7::1::Alien, the "first" (1979)::4::978300760\n'],
    [
      'r.inter',
      'user_id:token\titem_id:token\ttitle:token_seq\trating:float\ttimestamp:float\n7\t1\tAlien, the "first" (1979)\t4\t100\n',
    ],
    ['r.jsonl', JSON.stringify(json)],
    ['r.json', `${JSON.stringify(json)}\n${JSON.stringify({ ...json, itemId: 2 })}\n`],
    ['r.txt', JSON.stringify([json], null, 2)],
    ['r', `\uFEFF${JSON.stringify({ data: [json] })}`],
    ['utf16.csv', Buffer.from(`\uFEFF${header}\n7;1;"Alien, the ""first"" (1979)";4;100\n`, 'utf16le')],
  ])('%s is read by its content', async (name, text) => {
    const [first] = await readInteractions(await file(name, text));
    expect(first).toEqual({ ...interaction, time: name === 'r.dat' ? 978300760 : 100 });
  });

  test('Parquet', async () => {
    const warnings: string[] = [];
    const path = await file('r.parquet', Buffer.from(parquetRatings('zstd')));
    const rows = await readInteractions(path, { onWarning: (warning) => warnings.push(warning) });
    expect([rows.length, rows[2]]).toEqual([
      25,
      { user: '2', item: 'B2', title: 'もののけ姫', rating: 3, time: 1588615857.07 },
    ]);
    expect(warnings[0]).toBe(`${path}: These fields are not used: tags.`);
    const other = await file('brotli.parquet', Buffer.from(parquetRatings('brotli')));
    await expect(readInteractions(other)).rejects.toThrow(/brotli\.parquet, line 1: .*BROTLI/);
  });

  test('an encoding that is not read comes with the command for this very file', async () => {
    const text =
      'user,item,title,rating,time\n1,1,Amélie (2001),2,978300001\n1,2,Léon,5,978300061\n1,6,Misérables,4,9\n';
    const path = await file("it's latin1.csv", Buffer.from(text, 'latin1'));
    const message = await readInteractions(path).catch((error: Error) => error.message);
    expect(message).toContain(
      ", line 2: This is not UTF-8: it looks like ISO-8859-1. Convert it: iconv -f ISO-8859-1 -t UTF-8 '",
    );
    expect(message).toMatch(/it'\\''s latin1\.csv' > '.*it'\\''s latin1\.utf8\.csv'$/);
  });

  test('MovieLens as published: titles lie beside the ratings, in ISO-8859-1', async () => {
    const cafe = { user: '7', item: '1', title: 'Café (1990)', rating: 3, time: 881250949 };
    await file('u.item', Buffer.from('1|Café (1990)|01-Jan-1990||http\n', 'latin1'));
    const ratings = await file('u.data', '7\t1\t3\t881250949\n');
    expect(await readInteractions(dir)).toEqual([cafe]);
    expect(await readInteractions(ratings)).toEqual([cafe]);
    await file('u.data', '7\t2\t3\t881250949\n');
    await expect(readInteractions(dir)).rejects.toThrow(/line 1: title: .*none for the item "2"/);
    await rm(ratings);
    await file('movies.dat', Buffer.from("1::Café (1990)::Comedy|Drama\n2::Zoë::Children's\n", 'latin1'));
    await file('ratings.dat', '7::1::3::881250949\n');
    expect(await readInteractions(dir)).toEqual([cafe]);
  });

  test('titles come from another file where it is named, whatever its format', async () => {
    const reviews = {
      title: 'Good',
      text: '.',
      asin: 'B9',
      parent_asin: 'B1',
      user_id: 'A',
      timestamp: 1588615855070,
      rating: 4,
    };
    const path = await file('reviews.jsonl', `${JSON.stringify(reviews)}\n`);
    await expect(readInteractions(path)).rejects.toThrow(/line 1: title: .*headline of a review/);
    const meta = `${JSON.stringify({ parent_asin: 'B1', title: 'Kettle' })}\n${JSON.stringify({ parent_asin: 'B2', title: '' })}\n`;
    const titles = await file('meta.jsonl', meta);
    expect(await readInteractions(path, { titles })).toMatchObject([{ item: 'B1', title: 'Kettle' }]);
    await expect(readInteractions(path, { titles: await file('no.jsonl', '{"title":"A"}\n') })).rejects.toThrow(
      /names no ids/,
    );
  });

  test('columns can be named, and rows that were judged before are not judged again', async () => {
    const rows = Array.from({ length: 20 }, (_, at) => `u${at % 3},${at % 4},Nice ${at},3,${at}`).join('\n');
    const path = await file('named.csv', `who,item,title,rating,time\n${rows}\n`);
    const columns = { user: 'who' };
    await expect(readInteractions(path, { columns })).rejects.toThrow(/does not hold the titles of items/);
    expect(await readInteractions(path, { columns, judged: true })).toHaveLength(20);
  });

  test.each([
    ['user,item,title,rating,time\n1,2,A,four,5\n', /line 2: rating: "four" is not a number/],
    ['user,item,rating,time\n1,2,3,4\n', /line 1: title: The header has no column for title/],
    ['user,item,title,rating,time\n1,2\n1,2,3\n', /line 2: This row has 2 fields.*2 such faults in all/],
    ['{"user": "1"}\n', /line 1: item/],
    ['some words\n', /Nothing was found that stands between fields/],
    ['', /line 1: The file is empty/],
  ] as const)('%j is refused with its place', async (text, message) => {
    await expect(readInteractions(await file('bad-ratings', text))).rejects.toThrow(message);
  });
});
