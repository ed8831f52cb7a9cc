// Which node a request goes to: of those that hold what it needs, the less loaded of two drawn at random.
// Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).

/** Requests that this isolate has on their way to each node, and what each node's object last said of all. */
const here = new Map<string, number>();
const elsewhere = new Map<string, number>();

export function loadOf(node: string): number {
  return (here.get(node) ?? 0) + (elsewhere.get(node) ?? 0);
}

/** Counts a request as on its way until it is answered. @returns what to call then, with the number still in flight there */
export function countRequest(node: string): (inFlight: number | null) => void {
  here.set(node, (here.get(node) ?? 0) + 1);
  return (inFlight) => {
    const mine = (here.get(node) ?? 1) - 1;
    here.set(node, mine);
    elsewhere.set(node, inFlight === null ? 0 : Math.max(0, inFlight - mine));
  };
}

/**
 * @param random numbers in [0, 1)
 * @returns all of them, the one to ask first in front, the others by their load behind it
 */
export function inOrderOfLoad<T extends { id: string }>(nodes: readonly T[], random: () => number = Math.random): T[] {
  if (nodes.length < 2) return [...nodes];
  const first = Math.floor(random() * nodes.length);
  const step = 1 + Math.floor(random() * (nodes.length - 1));
  const [a, b] = [nodes[first]!, nodes[(first + step) % nodes.length]!];
  const chosen = loadOf(a.id) <= loadOf(b.id) ? a : b;
  return [chosen, ...nodes.filter((node) => node !== chosen).sort((x, y) => loadOf(x.id) - loadOf(y.id))];
}
