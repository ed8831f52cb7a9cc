// Seeded damage to files, for tests: to their bytes, and to what their JSON says.
import type { Random } from '@tallrec/shared/random';

const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(0, items.length - 1)]!;

/** A few bytes flipped, a range cut out, doubled, zeroed or filled with noise, or the end lost. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.integer(0, Math.max(0, bytes.length - 1));
  const end = Math.min(bytes.length, at + random.integer(1, 40));
  const [before, range, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.integer(0, 5)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, range, range, after]);
    case 3:
      return Buffer.concat([before, Buffer.alloc(range.length), after]);
    case 4:
      return Buffer.concat([before, Buffer.from(range.map(() => random.integer(0, 255))), after]);
    default: {
      const flipped = Buffer.from(bytes);
      for (let i = random.integer(1, 4); i > 0; i--) {
        const place = random.integer(0, flipped.length - 1);
        flipped[place] = flipped[place]! ^ (1 << random.integer(0, 7));
      }
      return flipped;
    }
  }
}

/** JSON that programs tend to trip over, as text: some of it cannot be said by a value. */
const HOSTILE = [
  ...['null', 'true', 'false', '0', '-1', '1', '2', '0.5', '-0', '1e308', '1e999', '9007199254740993', '4294967296'],
  ...['""', '"a"', '"__proto__"', '"\\u0000"', '"\\ud800"', '"F64"', '"../../etc/passwd"', '"(a+)+$"', '"("', '"[^"'],
  ...['[]', '{}', '[[]]', '[null]', '[1,2,3]', '{"a":1}', '{"__proto__":{"a":1}}', '{"type":"Sequence"}'],
  ...[`"${'a'.repeat(10_000)}"`, `[${'0,'.repeat(10_000)}0]`, '['.repeat(20_000) + ']'.repeat(20_000)],
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
];

/** Somewhere in a document a value is replaced, lost, doubled, moved to another key, or swapped with another. */
export function mutateJson(document: unknown, random: Random): string {
  const places = placesOf(document);
  const MARK = ' here ';
  const copy = structuredClone(document);
  let text = pick(random, HOSTILE);
  const path = pick(random, places);
  if (path.length === 0) return text;
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path.at(-1)!;
  switch (random.integer(0, 4)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return JSON.stringify(copy);
    case 1: {
      const other = valueAt(document, pick(random, places));
      parent[key] = structuredClone(other);
      return JSON.stringify(copy);
    }
    case 2:
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(parent[Number(key)]));
      else parent[pick(random, ['__proto__', 'type', '', 'weight', String(key).toUpperCase()])] = parent[key];
      return JSON.stringify(copy);
    case 3:
      if (typeof parent[key] === 'number') text = String(numberNear(parent[key], random));
      break;
  }
  parent[key] = MARK;
  return JSON.stringify(copy).replace(JSON.stringify(MARK), () => text);
}

function numberNear(value: number, random: Random): number {
  return pick(random, [value - 1, value + 1, -value, 2 * value, value / 2, value * 2 ** 32, value + 0.5]);
}

type Path = readonly (string | number)[];

/** Paths of all values; long lists and dictionaries are known by a few of their entries. */
function placesOf(document: unknown): Path[] {
  const places: Path[] = [];
  const visit = (value: unknown, path: Path) => {
    places.push(path);
    if (typeof value !== 'object' || value === null) return;
    const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
    const few = keys.length > 12 ? [...keys.slice(0, 6), ...keys.slice(-6)] : keys;
    for (const key of few) visit((value as Record<string | number, unknown>)[key], [...path, key]);
  };
  visit(document, []);
  return places;
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document);
}
