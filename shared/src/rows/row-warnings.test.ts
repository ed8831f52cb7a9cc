import { describe, expect, it } from 'vitest';
import { samplingSchema } from '../interactions.ts';
import type { DatasetKind } from '../wire/datasets.ts';
import { encode, fileForm, passFile } from './fixtures/pass-file.ts';
import { RowPass } from './row-pass.ts';

describe('warnings', () => {
  const csv = (...rows: string[]) => `user,item,title,rating,time\n${rows.join('\n')}\n`;

  it('speak for the command line and the service alike', () => {
    const { warnings } = passFile(csv('1,1,A,1,5', '1,1,A,2,5', '1,2,B,3,5'));
    expect(warnings).toEqual([
      '1 rating is of an item that the same user has rated before.',
      'No row counts as liked when ratings above 3 are likes: choose another threshold. An AUC needs both.',
      'There is only 1 user: figures about them will be uncertain.',
      'All times are equal: histories keep the order of the file.',
      'No user has more than 10 ratings, so no sample can be made: choose a shorter history.',
    ]);
  });

  it.each([
    ['another encoding', new Uint8Array([...encode(csv('1,1,A,1,5', '2,1,')), 0xe9, 0x41, 0x0a])],
    ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)],
    ['no column for ratings', encode('user,item,title,time\n1,1,A,5\n')],
    ['rows that mostly cannot be used', encode(csv('1,1,A,1,5', '1,2,B,x,5', '1,3,C,x,5'))],
  ])('say nothing of what is lacking in a file that is refused for %s', (_, bytes) => {
    const pass = new RowPass(fileForm());
    pass.push(bytes);
    pass.end();
    expect(pass.isRefused()).toBe(true);
    expect(
      pass.warnings().filter((warning) => /samples? can be made|only 1 user|counts as liked/.test(warning)),
    ).toEqual([]);
  });

  it('name the first of a hundred thousand columns that nothing reads, without looking for each in each row', () => {
    const extra = Array.from({ length: 100_000 }, (_, index) => `c${index}`);
    const head = ['user', 'item', 'title', 'rating', 'time', ...extra].join(',');
    const cells = extra.map(() => 'x').join(',');
    const rows = Array.from({ length: 8 }, (_, index) => `u${index},i${index},T${index},5,${index},${cells}`);
    const { warnings } = passFile(`${[head, ...rows].join('\n')}\n`);
    expect(warnings.find((warning) => warning.includes('not used'))).toMatch(/: c0, c1, .*, c19 and 99980 more\.$/);
  }, 30_000);

  it.each([
    [[2001, 2004], 'Times from 2001 to 2004 look like years, and count as seconds of 1970'],
    [[45000.25, 45001], 'look like days as spreadsheets count them'],
    [[1.2e9, 9e9], 'The last rating is of the year 2255'],
  ])('ask of what times are where %j cannot be meant', ([first, second], words) => {
    const { warnings } = passFile(csv(`1,1,A,1,${first}`, `1,2,B,5,${second}`));
    expect(warnings.filter((warning) => /[Tt]imes/.test(warning))).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    [1_500_000_000, 1_500_000_100],
    ['1500000000000000000', '1500000100000000000'],
    [1, 2],
  ])('say nothing of times such as %s', (first, second) => {
    const { rows, warnings } = passFile(csv(`1,1,A,1,${first}`, `1,2,B,5,${second}`));
    expect(warnings.filter((warning) => /[Tt]imes|year/.test(warning))).toEqual([]);
    if (Number(first) > 1e17) expect(JSON.stringify(rows)).toContain('1500000000');
  });

  it('name a file without a header and how it was read', () => {
    expect(passFile('1,5,Heat,4,978300760\n2,5,Heat,2,978300761\n').warnings[0]).toBe(
      'The file has no header line: its columns were read as 1 = user, 2 = item, 3 = title, 4 = rating, 5 = time.',
    );
  });

  it.each([
    ['samples', { history: [], target: { title: 'A' }, liked: true, split: 'x', user: '' }, 'split'],
    ['instructions', { instruction: 'a', output: 'b', system: 'Be brief.', history: [['c', 'd']] }, 'system, history'],
    [
      'samples',
      {
        instruction: 'x',
        input: 'User Preference: \nUser Unpreference: \nWhether the user will like the target movie "B"?',
        output: 'No.',
        id: 7,
      },
      'id',
    ],
    ['items', { id: 1, title: 'A', genres: ['x'], pages: null }, 'genres'],
  ] as [DatasetKind, object, string][])('name the fields of %s that are not used', (kind, row, names) => {
    expect(passFile(`${JSON.stringify(row)}\n`, { kind }).words).toContain(`These fields are not used: ${names}.`);
  });

  it('name no fields that hold nothing', () => {
    const row = { instruction: 'a', input: null, output: 'b', system: '', history: [] };
    const { warnings, rows } = passFile(JSON.stringify([row]), { kind: 'instructions' });
    expect([warnings, rows]).toEqual([[], [{ instruction: 'a', input: '', output: 'b' }]]);
  });

  it('tell what an earlier conversion has damaged, and leave it as it is', () => {
    const { rows, words } = passFile(csv('1,1,Am\ufffdlie,4,5', '1,2,AmÃ©lie,2,6', '1,3,Âge d’or,2,7'));
    expect(rows).toMatchObject([{ title: 'Am\ufffdlie' }, { title: 'AmÃ©lie' }, { title: 'Âge d’or' }]);
    expect(words).toContain('2 rows hold characters that an earlier conversion has damaged');
  });

  it('tell of titles that were cut, between characters', () => {
    const [long, pair] = ['x'.repeat(612), `${'x'.repeat(499)}😀y`];
    const { rows, words } = passFile(csv(`1,1,${long},4,5`, `1,2,${pair},2,6`, '1,3,A,2,7'));
    expect(rows).toMatchObject([{ title: 'x'.repeat(500) }, { title: 'x'.repeat(499) }, { title: 'A' }]);
    expect(words).toContain('2 rows have titles or creators of more than 500 characters, cut off there.');
    const items = passFile(`id,title,by\n1,A,${long}\n`, { kind: 'items' });
    expect(items.rows).toMatchObject([{ by: 'x'.repeat(500) }]);
    expect(items.words).toContain('1 row has a title or creator of more than 500 characters');
    const sample = JSON.stringify({ history: [], target: { title: long } });
    expect(passFile(sample, { kind: 'samples' }).errors).toMatchObject([
      { column: 'target.title', problem: 'at most 500 characters are allowed' },
    ]);
  });

  it.each([
    [['1,1,1,4,5', '1,2,2,4,5'], '2 rows (as with "1") have the id of the item for a title'],
    [['1,1,https://x.org/a,4,5'], '1 row (as with "https://x.org/a") has an address of the web'],
    [['1,1,NaN,4,5', '1,2,Heat,4,5'], '1 row (as with "NaN") has a title that says there is none'],
    [['1,1,Heat &amp; Dust,4,5', '1,2,R&#39;s,4,5', '1,3,R&D,4,5'], '2 rows (as with "Heat &amp; Dust") hold entities'],
    [['1,1,Heat\u202e,4,5', '1,2,Alien,4,5'], 'turn the direction of text'],
    [['1,1,He\u001b[31mat,4,5'], '1 row (as with "He\ufffd[31mat") holds control characters'],
    [['1,1,Movie,4,5', '1,2,Movie,4,5'], 'All items have the title "Movie"'],
  ])('tell of titles that are none: %j', (rows, words) => {
    expect(passFile(csv(...rows)).words).toContain(words);
    const plain = passFile(
      csv('1,1,Heat,4,5', '2,1,Heat,4,5', '1,1984,1984,4,5', '1,3,A,4,5', '1,4,B,4,5', '2,4,B,4,5'),
    ).words;
    expect(plain).not.toMatch(/as with|All items/);
  });

  it('tell of ids and times that a spreadsheet has rounded, once each', () => {
    const { rows, words } = passFile(csv('1.23457E+12,1,A,4,1.500000e+09', '"1,2E+08",2,B,2,1.6E+09', '7,3e+05,C,2,8'));
    expect(rows).toHaveLength(3);
    expect(words.match(/rounded by a spreadsheet/g)).toHaveLength(2);
    expect(words).toContain('3 rows have ids such as "1.23457E+12", which look rounded by a spreadsheet');
    expect(words).toContain('Times such as "1.500000e+09" look rounded');
    expect(passFile('id,title\n9.78014E+12,A\n', { kind: 'items' }).words).toContain('1 row has an id such as');
    const exact = csv('1.000000e+00,1e5,A,4,1.500000123e+09', 'E+12,1.25e+02,B,2,5');
    expect(passFile(exact).words).not.toContain('rounded');
  });

  it('tell of half a character', () => {
    const titled = (title: string) => `{"user":1,"item":2,"title":"${title}","rating":3,"time":4}\n`;
    const halves = titled('A\\ud83d 1') + titled('B \\ude00') + titled('\\ud83d\\ude00 \\\\ud83d');
    expect(passFile(halves).words).toContain('2 rows hold characters that an earlier conversion has damaged');
  });

  it('tell items with several titles', () => {
    expect(passFile(csv('1,1,A,4,5', '2,1,A,2,6', '3,1,The A,2,7', '4,2,B,1,1')).words).toContain(
      '1 rating calls its item by another title than before',
    );
  });
});

describe('ratings of 0 and -1', () => {
  const rated = (...ratings: number[]) =>
    `user,item,title,rating,time\n${ratings.map((rating, at) => `u${at},${at},T${at},${rating},${at}`).join('\n')}\n`;

  it.each([
    [[0, 5, 8, 0, 10], '2 ratings are 0 among ratings from 5 to 10'],
    [[0, 1, 4, 5], '1 rating is 0 among ratings from 1 to 5'],
    [[-1, 1, 10, -1, -1], '3 ratings are -1 among ratings from 1 to 10'],
  ])('among %j may say "not rated"', (ratings, words) => {
    expect(passFile(rated(...ratings)).words).toContain(words);
  });

  it.each([[[0, 1, 0, 1]], [[0, -1, 5]], [[-1, 1]], [[-2, 1, 5]], [[1, 2, 5]], [[0, 0.1, 4.9, 5]], [[0, 50, 100]]])(
    'among %j do not',
    (ratings) => {
      expect(passFile(rated(...ratings)).words).not.toContain('not rated');
    },
  );

  it('are left out where that was said', () => {
    const sampling = samplingSchema.parse({ unrated: 0, likedAbove: 5 });
    const { pass, rows, words } = passFile(rated(0, 6, 0, 2), { sampling });
    expect(rows.map((row) => 'rating' in row && row.rating)).toEqual([6, 2]);
    expect(pass.stats()).toMatchObject({ rows: 2, users: 2, likedShare: 0.5 });
    expect(words).toContain('2 rows with the rating 0 are not rated and left out.');
  });
});
