// What a file of facts about items comes to: likes and ratings of all, and of the most rated each, in bounded memory.
import { type ItemFact, rowsOfFact } from '../../item-facts.ts';
import { type ItemStatistics, mostRatedFirst, withinLimits } from '../../item-opinions.ts';
import { LIMITS } from '../../limits.ts';

/** Beyond so many those that cannot be among the kept ones any more are dropped. */
const MOST_HELD = 2 * LIMITS.statisticsItems;

export type FactTotalsState = ItemStatistics;

export class FactTotals {
  private likes: number;
  private ratings: number;
  private items: ItemStatistics['items'];

  constructor(from: FactTotalsState = { likes: 0, ratings: 0, items: [] }) {
    this.likes = from.likes;
    this.ratings = from.ratings;
    this.items = [...from.items];
  }

  get state(): FactTotalsState {
    return { likes: this.likes, ratings: this.ratings, items: this.items };
  }

  add(fact: ItemFact): void {
    this.likes += fact.likes;
    this.ratings += fact.ratings;
    this.items.push(...rowsOfFact(fact));
    if (this.items.length > MOST_HELD) this.items = this.items.sort(mostRatedFirst).slice(0, LIMITS.statisticsItems);
  }

  /** Null where nothing was rated. */
  get likedShare(): number | null {
    return this.ratings > 0 ? this.likes / this.ratings : null;
  }

  statistics(): ItemStatistics {
    // Of all together only the share of likes tells: more than can be counted is told in proportion.
    const scale = Math.min(1, LIMITS.count / this.ratings);
    const whole = (count: number) => (scale < 1 ? Math.floor(count * scale) : count);
    return { likes: whole(this.likes), ratings: whole(this.ratings), items: withinLimits(this.items) };
  }
}
