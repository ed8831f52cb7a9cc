// Progress on stderr: a bar with the time left on a terminal, a plain line now and then elsewhere.
import { Presets, SingleBar } from 'cli-progress';

const PLAIN_LINE_EVERY_MS = 5000;

/** What is odd and no failure. */
export function warn(text: string): void {
  say(`warning: ${text}`);
}

export interface Progress {
  update(done: number, total: number, etaMs?: number, note?: string): void;
  /** Ends the bar; safe to call twice. */
  stop(): void;
}

/** @param unit what is counted, in the plural */
export function showProgress(label: string, unit: string, clock: () => number = () => performance.now()): Progress {
  return process.stderr.isTTY ? bar(label, unit, clock) : plainLines(label, unit, clock);
}

function bar(label: string, unit: string, clock: () => number): Progress {
  const format = `${label} {bar} {value}/{total} ${unit} · {left} {note}`;
  const line = new SingleBar(
    { format, stream: process.stderr, hideCursor: false, clearOnComplete: false },
    Presets.shades_classic,
  );
  const estimate = timeLeft(clock);
  let started = false;
  return {
    update(done, total, etaMs, note = '') {
      const payload = { left: `${formatMs(etaMs ?? estimate(done, total))} left`, note };
      if (started) line.setTotal(total);
      else line.start(total, done, payload);
      started = true;
      line.update(done, payload);
    },
    stop() {
      if (started) line.stop();
      started = false;
    },
  };
}

function plainLines(label: string, unit: string, clock: () => number): Progress {
  const estimate = timeLeft(clock);
  let lastMs = clock();
  let pending: string | undefined;
  const flush = () => {
    if (pending) process.stderr.write(pending);
    pending = undefined;
  };
  return {
    update(done, total, etaMs, note = '') {
      const left = formatMs(etaMs ?? estimate(done, total));
      pending = `${label} ${done}/${total} ${unit} · ${left} left${note && ` · ${note}`}\n`;
      if (clock() - lastMs < PLAIN_LINE_EVERY_MS) return;
      lastMs = clock();
      flush();
    },
    stop: flush,
  };
}

/** From the speed since the first call of a count; a count that falls has begun anew. */
function timeLeft(clock: () => number): (done: number, total: number) => number | undefined {
  let first = { at: 0, done: Number.POSITIVE_INFINITY };
  let last = Number.POSITIVE_INFINITY;
  return (done, total) => {
    if (done < last) first = { at: clock(), done };
    last = done;
    const [work, time] = [done - first.done, clock() - first.at];
    if (done >= total) return 0;
    return work > 0 ? ((total - done) * time) / work : undefined;
  };
}

export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '?';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Files may hold what a terminal would obey. */
export function harmlessForTerminals(text: string): string {
  return text.replace(/(?![\t\n])\p{Cc}/gu, '\ufffd');
}

export function say(line: string): void {
  process.stderr.write(`${harmlessForTerminals(line)}\n`);
}
