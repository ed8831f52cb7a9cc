// Where the time of an answer went: the parts that the header Server-Timing names, and what lies between them.

/** On its way: the network, the edge, the link to the node and the node itself, the node's queue, the model. */
export const LATENCY_PARTS = ['network', 'edge', 'node', 'queue', 'engine'] as const;
export type LatencyPart = (typeof LATENCY_PARTS)[number];

/** `queue;dur=1.5, engine;dur=20.0` @returns milliseconds by name */
export function parseServerTiming(header: string): Map<string, number> {
  const entries = header.split(',').map((entry) => /^\s*([\w-]+)\s*;.*?\bdur=([\d.]+)/.exec(entry));
  return new Map(entries.flatMap((found) => (found ? [[found[1]!, Number(found[2])]] : [])));
}

/**
 * Each part without those inside it: together they are the whole.
 * @returns nothing where the edge did not say
 */
export function latencyParts(totalMs: number, header: string | null): { part: LatencyPart; ms: number }[] {
  const timing = parseServerTiming(header ?? '');
  const edge = timing.get('edge');
  if (edge === undefined) return [];
  const [node = 0, queue = 0, engine = 0] = [timing.get('node'), timing.get('queue'), timing.get('engine')];
  const spans = { network: totalMs - edge, edge: edge - node, node: node - queue - engine, queue, engine };
  // Clocks that tick differently may leave a part less than nothing.
  return LATENCY_PARTS.map((part) => ({ part, ms: Math.max(0, spans[part]) }));
}
