// A number with the noun that it counts.

const number = new Intl.NumberFormat();

/** “1 row”, “2,014 rows”. */
export function counted(count: number, one: string, many: string): string {
  return `${number.format(count)} ${count === 1 ? one : many}`;
}
