import { describe, expect, it } from 'vitest';
import { samplingSchema } from '../../interactions.ts';
import { RowPass } from '../row-pass.ts';
import { parquetBinaries } from './fixtures/parquet-binaries.ts';
import { parquetRatings } from './fixtures/parquet-ratings.ts';
import { openParquet, ParquetFault, parquetLines, type RandomAccess } from './parquet.ts';

const access = (bytes: Uint8Array): RandomAccess => ({
  byteLength: bytes.length,
  slice: async (start, end) => Uint8Array.from(bytes.slice(start, end)).buffer,
});

async function linesOf(bytes: Uint8Array, mostBytes = 1e6): Promise<string> {
  const parquet = await openParquet(access(bytes));
  let text = '';
  for (const group of parquet.groups) {
    for await (const piece of parquetLines(parquet, group, mostBytes)) text += new TextDecoder().decode(piece);
  }
  return text;
}

const faultOf = (bytes: Uint8Array, mostBytes?: number) =>
  linesOf(bytes, mostBytes).then(
    () => expect.unreachable(),
    (error: ParquetFault) => error.row,
  );

describe('a Parquet file', () => {
  it.each(['snappy', 'gzip', 'zstd'] as const)('compressed by %s is its rows as JSON Lines', async (codec) => {
    const lines = (await linesOf(parquetRatings(codec))).trimEnd().split('\n');
    expect(lines).toHaveLength(25);
    expect(lines.map((line) => JSON.parse(line)).slice(2, 4)).toEqual([
      { user_id: 2, item_id: 'B2', title: 'もののけ姫', rating: 3, timestamp: '2020-05-04T18:10:57.070Z', tags: null },
      {
        user_id: 3,
        item_id: 'B3',
        title: 'Cop and ½',
        rating: 4,
        timestamp: '2020-05-04T18:10:58.070Z',
        tags: ['x', 'y'],
      },
    ]);
  });

  it('is read and judged as other files are', async () => {
    const pass = new RowPass({
      kind: 'interactions',
      format: 'parquet',
      sampling: samplingSchema.parse({}),
      columns: null,
    });
    const rows = pass.push(new TextEncoder().encode(await linesOf(parquetRatings('snappy'))));
    rows.push(...pass.end());
    expect(rows[24]).toMatchObject({ line: 25, checked: { row: { user: '4', title: 'Cop and ½' } } });
    expect([rows.length, pass.rowErrors]).toEqual([25, []]);
    expect(pass.warnings()[0]).toBe('These fields are not used: tags.');
  });

  const passed = async (bytes: Uint8Array) => {
    const pass = new RowPass({
      kind: 'interactions',
      format: 'parquet',
      sampling: samplingSchema.parse({}),
      columns: null,
    });
    const rows = [...pass.push(new TextEncoder().encode(await linesOf(bytes))), ...pass.end()];
    return { pass, titles: rows.map(({ checked }) => 'title' in checked.row && checked.row.title) };
  };

  it('with pictures is read without them', async () => {
    const { pass, titles } = await passed(parquetBinaries('ascii'));
    expect([titles, pass.rowErrors]).toEqual([['Heat', 'Babe', 'Ran'], []]);
    expect(pass.warnings()[0]).toBe('These fields are not used: image, thumb.');
  });

  it('whose titles are no UTF-8 names row and column', async () => {
    const { pass } = await passed(parquetBinaries('latin1'));
    expect(pass.rowErrors).toEqual([
      { line: 2, column: 'title', problem: 'It holds 6 bytes that are not UTF-8.', fix: 'Write its texts as UTF-8.' },
    ]);
  });

  it('that cannot be read says why', async () => {
    expect(await faultOf(parquetRatings('brotli'))).toMatchObject({
      line: 1,
      problem: expect.stringContaining('BROTLI'),
      fix: expect.stringContaining('zstd'),
    });
    expect(await faultOf(parquetRatings('snappy').slice(0, 2000))).toMatchObject({
      problem: expect.stringContaining('cannot be read'),
    });
    expect(await faultOf(parquetRatings('snappy'), 100)).toMatchObject({
      line: 1,
      fix: expect.stringMatching(/row_group_size.*most bytes are in "title"/),
    });
    const broken = parquetRatings('gzip');
    const at = broken.findIndex((byte, place) => byte === 0x1f && broken[place + 1] === 0x8b);
    broken.fill(0xff, at, at + 12);
    expect((await faultOf(broken)).problem).toContain('cannot be read');
  });

  it('whose storage fails is no fault of the file', async () => {
    const slice = async () => Promise.reject(new Error('out of reach'));
    await expect(openParquet({ byteLength: 100, slice })).rejects.not.toBeInstanceOf(ParquetFault);
  });
});
