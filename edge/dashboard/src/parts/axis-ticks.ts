// The ticks of an axis, at numbers that people count in.

export interface AxisTicks {
  /** From the first at or below the least value to the last at or above the greatest. */
  ticks: number[];
  domain: [number, number];
  /** Of a tick, with the decimals that its step needs. */
  format: (tick: number) => string;
}

const STEPS = [1, 2, 5, 10] as const;
/** Below it, powers of ten are read more easily than zeros. */
const LEAST_PLAIN = 1e-3;
const LEAST_COMPACT_STEP = 100;
const plain = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** @param values at least one, all to be in sight */
export function axisTicks(values: readonly number[], mostSteps = 5): AxisTicks {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || Math.abs(most) / 10 || 1;
  const unit = 10 ** Math.floor(Math.log10(span / mostSteps));
  const step = STEPS.map((factor) => factor * unit).find((size) => span / size <= mostSteps + 1e-9) ?? 10 * unit;
  const from = Math.floor(least / step + 1e-9);
  const to = Math.max(from + 1, Math.ceil(most / step - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => Number(((from + at) * step).toPrecision(12)));
  const power = Math.floor(Math.log10(step) + 1e-9);
  const greatest = Math.max(...ticks.map(Math.abs));
  const digits = Math.max(1, Math.floor(Math.log10(greatest) + 1e-9) - power);
  const format = (tick: number) => {
    if (greatest < LEAST_PLAIN && tick !== 0) return tick.toExponential(digits);
    if (step < 1) return tick === 0 ? '0' : tick.toFixed(-power);
    return (step < LEAST_COMPACT_STEP ? plain : compact).format(tick);
  };
  return { ticks, domain: [ticks[0]!, ticks.at(-1)!], format };
}
