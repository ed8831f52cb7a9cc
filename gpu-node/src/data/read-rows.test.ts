import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabelledSample, toInstructionRow } from '@tallrec/shared/sample';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guessFormat, readInteractions } from './read-interactions.ts';
import { readInstructions, readLabelledSamples, readSamples } from './read-rows.ts';

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

  test('samples without a label can be scored but not learned from', async () => {
    const { liked: _, ...unlabelled } = sample;
    const path = await file('unlabelled.jsonl', `${JSON.stringify(sample)}\n${JSON.stringify(unlabelled)}\n`);
    expect(await readSamples(path)).toHaveLength(2);
    await expect(readLabelledSamples(path)).rejects.toThrow(/line 2: it does not say whether.*Add "liked"/);
  });

  test.each([
    ['{"history": [', /line 1: it is not JSON/],
    ['[{"instruction": "a"', /it is not JSON/],
    ['{"history": [], "target": {"title": ""}}', /line 1: target\.title: a title may not be empty/],
    [JSON.stringify({ ...published, input: 'User: x' }), /line 1: input: expected three lines/],
    [JSON.stringify([published, { ...published, output: 'Perhaps' }]), /row 2: output: expected "Yes\." or "No\."/],
    ['"text"', /line 1: row: /],
  ])('%s is refused with its place', async (text, message) => {
    await expect(readSamples(await file('bad', text))).rejects.toThrow(message);
  });

  test('a missing file is named', async () => {
    await expect(readSamples(join(dir, 'nowhere'))).rejects.toThrow(/nowhere cannot be read/);
  });

  test('instructions', async () => {
    const row = { instruction: 'Say hello.', output: 'Hello.' };
    expect(await readInstructions(await file('alpaca.json', JSON.stringify([row])))).toEqual([{ ...row, input: '' }]);
    await expect(readInstructions(await file('bad.json', '[{"output": "x"}]'))).rejects.toThrow(/row 1: instruction/);
  });
});

describe('ratings files', () => {
  const interaction = { user: '7', item: '1', title: 'Alien, the "first" (1979)', rating: 4, time: 100 };

  test('CSV with quotes, and an optional creator', async () => {
    const text =
      'user,item,title,rating,time,by\r\n7,1,"Alien, the ""first"" (1979)",4,100,\r\n7,2,Dune,2.5,101,Herbert\r\n';
    expect(await readInteractions(await file('r.csv', text), 'csv')).toEqual([
      interaction,
      { user: '7', item: '2', title: 'Dune', rating: 2.5, time: 101, by: 'Herbert' },
    ]);
  });

  test('the names of well-known files, and ISO dates', async () => {
    const text = 'userId,movieId,Title,rating,timestamp\n7,1,"Alien, the ""first"" (1979)",4,1970-01-01T00:01:40Z\n';
    const path = await file('r2.csv', text);
    expect(await readInteractions(path, 'csv')).toEqual([interaction]);
    const json = { userId: 7, itemId: 1, title: interaction.title, rating: 4, timestamp: 100 };
    expect(await readInteractions(await file('r2.jsonl', JSON.stringify(json)), 'jsonl')).toEqual([interaction]);
  });

  test('JSONL', async () => {
    expect(await readInteractions(await file('r.jsonl', `${JSON.stringify(interaction)}\n`), 'jsonl')).toEqual([
      interaction,
    ]);
  });

  test('MovieLens-100K, whose titles are in ISO-8859-1', async () => {
    await file('u.item', Buffer.from('1|Caf\xe9 (1990)|01-Jan-1990||http\n', 'latin1'));
    await file('u.data', '7\t1\t3\t881250949\n');
    expect(await readInteractions(dir, 'ml-100k')).toEqual([
      { user: '7', item: '1', title: 'Café (1990)', rating: 3, time: 881250949 },
    ]);
    await file('u.data', '7\t2\t3\t881250949\n');
    await expect(readInteractions(dir, 'ml-100k')).rejects.toThrow(/line 1: .*no title for the item 2/);
  });

  test.each([
    ['csv', 'user,item,title,rating,time\n1,2,A,four,5\n', /line 2: rating/],
    ['csv', 'user,item,rating,time\n1,2,3,4\n', /line 1: the header has no column for title .*need the columns/],
    ['csv', 'user,item,title,rating,time\n1,2\n', /Invalid Record Length/],
    ['jsonl', '{"user": "1"}\n', /line 1: item/],
    ['jsonl', 'x\n', /line 1: it is not JSON/],
  ] as const)('%s: %j is refused with its place', async (format, text, message) => {
    await expect(readInteractions(await file('bad-ratings', text), format)).rejects.toThrow(message);
  });

  test('the form is guessed by the name', () => {
    expect(['r.CSV', 'r.jsonl', 'ml-100k/u.data', 'ml-100k'].map(guessFormat)).toEqual([
      'csv',
      'jsonl',
      'ml-100k',
      'ml-100k',
    ]);
  });
});
