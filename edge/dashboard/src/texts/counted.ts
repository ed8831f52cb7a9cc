// A number with the noun that it counts.

/** “1 row”, “2,014 rows”. */
export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
