// Long curves thinned for charts.

/**
 * Keeps at most `points` points of a curve: its ends, and of each stretch between them the lowest and the highest (min-max
 * decimation, as chart libraries do it), so that no spike is lost.
 * @param points all are kept where it is left out, or where there are no more
 * @param height of a point, by which extremes are found
 */
export function downsample<T>(curve: readonly T[], points: number | undefined, height: (point: T) => number): T[] {
  if (points === undefined || curve.length <= points) return [...curve];
  if (points < 4) return [curve[0]!, curve.at(-1)!];
  const kept = new Set([0, curve.length - 1]);
  const stretches = Math.floor((points - 2) / 2);
  const inner = curve.length - 2;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = 1 + Math.floor((stretch * inner) / stretches);
    const to = 1 + Math.floor(((stretch + 1) * inner) / stretches);
    let [low, high] = [from, from];
    for (let at = from; at < to; at++) {
      if (height(curve[at]!) < height(curve[low]!)) low = at;
      if (height(curve[at]!) > height(curve[high]!)) high = at;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b).map((at) => curve[at]!);
}
