import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../limits.ts';
import { ItemIndex, keyOfItem } from './item-index.ts';

const add = (index: ItemIndex, id: string | undefined, title: string, liked = false) =>
  index.add(keyOfItem(id, { title }), id, { title }, liked);

describe('the index of items', () => {
  it('counts each as it is added, also over slices, and ranks by it', () => {
    const item = fc.tuple(fc.constantFrom('1', '2', '3', '4', '5'), fc.boolean());
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (rows) => {
        let index = new ItemIndex();
        for (const [at, [id, liked]] of rows.entries()) {
          if (at === 20) index = new ItemIndex(JSON.parse(JSON.stringify(index.state)));
          add(index, id, `T${id}`, liked);
        }
        const { items, complete } = index.ranked();
        expect(complete).toBe(true);
        expect(items).toHaveLength(new Set(rows.map(([id]) => id)).size);
        for (const [at, { id, rows: count, liked }] of items.entries()) {
          const own = rows.filter(([other]) => other === id);
          expect([count, liked]).toEqual([own.length, own.filter(([, like]) => like).length]);
          if (at > 0) expect(items[at - 1]!.rows).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  it('holds no more than fits, says so, and goes on counting what it holds', () => {
    const many = new ItemIndex();
    for (let at = 0; at <= LIMITS.searchedItems; at++) add(many, String(at), 'T');
    add(many, '0', 'T', true);
    expect(many.complete).toBe(false);
    expect(many.ranked().items).toHaveLength(LIMITS.searchedItems);
    expect(many.ranked().items[0]).toEqual({ id: '0', title: 'T', rows: 2, liked: 1 });

    const long = new ItemIndex();
    for (let at = 0; at < LIMITS.searchedItems; at++)
      add(long, undefined, String(at).padEnd(LIMITS.titleCharacters, 'x'));
    const again = new ItemIndex(long.state);
    add(again, undefined, 'y'.repeat(LIMITS.titleCharacters));
    expect(again.ranked().items).toHaveLength(Math.floor(LIMITS.searchedCharacters / LIMITS.titleCharacters));
    expect(again.complete).toBe(false);
  });
});
