import { describe, expect, it } from 'vitest';
import { ITEMS, mapColumns, RATINGS } from './columns.ts';

describe('columns', () => {
  it('are guessed by well-known names, without case and punctuation', () => {
    expect(mapColumns(['User_ID', 'movieId', 'Title', 'Rating', 'timestamp', 'genres'])).toEqual({
      index: { user: 0, item: 1, title: 2, rating: 3, time: 4 },
      names: { user: 'User_ID', item: 'movieId', title: 'Title', rating: 'Rating', time: 'timestamp' },
      missing: [],
      absent: [],
      unused: ['genres'],
      doubtful: [],
    });
    expect(mapColumns(['id', 'name'], ITEMS).names).toEqual({ item: 'id', title: 'name' });
    expect(mapColumns(['id', 'name'], RATINGS).missing).toEqual(['user', 'item', 'rating', 'time']);
  });

  it('are told by their names without the types that RecBole writes behind them', () => {
    const { names, missing } = mapColumns([
      'user_id:token',
      'item_id:token',
      'title:token_seq',
      'rating:float',
      'timestamp:float',
    ]);
    expect([names.title, missing]).toEqual(['title:token_seq', []]);
  });

  it.each([
    ['asin,parent_asin,user_id,timestamp,rating,title,text,images,helpful_vote,verified_purchase', 'title', 'title'],
    ['user,item,title,rating,time,review,helpful', 'title', 'title'],
    ['reviewerID,asin,reviewerName,helpful,reviewText,overall,summary,unixReviewTime', 'title', 'summary'],
    ['author,app_id,name,rating,time', 'by', 'author'],
  ])('of reviews do not mean what they mean of items: %s', (header, column, name) => {
    const { names, doubtful } = mapColumns(header.split(','));
    expect(names).not.toHaveProperty(column);
    expect(doubtful).toMatchObject([{ column, name }]);
    expect(mapColumns(header.split(','), RATINGS, { [column]: name })).toMatchObject({
      names: { [column]: name },
      doubtful: [],
    });
  });

  it('of reviews may hold the title of the item too', () => {
    const { names } = mapColumns('asin,user_id,timestamp,rating,title,text,product_title'.split(','));
    expect(names.title).toBe('product_title');
  });

  it('that were named go before guesses, and what they took is not guessed again', () => {
    const header = ['user', 'reader', 'item', 'title', 'rating', 'time'];
    const { names, unused } = mapColumns(header, RATINGS, { user: 'reader', title: 'user' });
    expect(names).toMatchObject({ user: 'reader', title: 'user', item: 'item' });
    expect(unused).toEqual(['title']);
    expect(mapColumns(header, RATINGS, { by: 'user' })).toMatchObject({ missing: ['user'], names: { by: 'user' } });
  });

  it('that were named after nothing in the file are absent, and not guessed', () => {
    const header = ['user', 'item', 'title', ' grade', 'time', 'rating'];
    expect(mapColumns(header, RATINGS, { rating: 'Grade', by: 'x' })).toMatchObject({
      missing: [],
      absent: ['rating', 'by'],
      unused: [' grade', 'rating'],
    });
    expect(mapColumns(header, RATINGS, { rating: 'grade' })).toMatchObject({ absent: [], index: { rating: 3 } });
  });
});
