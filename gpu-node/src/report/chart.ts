// Charts as SVG text, drawn by Vega in plain Node: no canvas, no browser, no network; equal input gives equal bytes.
import { type Axis, type Chart, specOf } from './chart-spec.ts';
import { INKS } from './palette.ts';

/**
 * @returns an `<svg>` element that fits itself to a light or a dark page, alone in a file or within HTML
 * @throws RangeError where there is nothing to draw, or a value that its axis has no place for
 */
export async function drawChart(chart: Chart): Promise<string> {
  checkValues(chart);
  // They take half a second to load: commands that draw nothing should not wait for them.
  const [{ loader, parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new View(parse(compile(specOf(chart), { logger: silent() }).spec), {
    renderer: 'none',
    // Charts bring their data; an address in one is refused, never fetched.
    loader: Object.assign(loader(), { load: refuse, sanitize: refuse }),
  });
  try {
    return framed(await view.toSVG(), chart.label);
  } finally {
    view.finalize();
  }
}

/** Replaces Vega's opening tag by one that scales, has a name and takes the page's colours. */
function framed(svg: string, label: string): string {
  const { width, height } = /^<svg[^>]* width="(?<width>[\d.]+)" height="(?<height>[\d.]+)"/.exec(svg)?.groups ?? {};
  if (width === undefined) throw new Error('Vega gave an SVG of another form.');
  const style = `.chart{color:${INKS.light}}@media(prefers-color-scheme:dark){.chart{color:${INKS.dark}}}`;
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="${attribute(label)}" ${size}>`;
  const whole = `${open}<style>${style}</style>${svg.slice(svg.indexOf('>') + 1)}`;
  // XML has no place for control characters and halves of surrogate pairs, escaped or not.
  return whole.replace(/[^\P{Cc}\t\n\r]/gu, '').toWellFormed();
}

function attribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function checkValues(chart: Chart): void {
  const refuse = (fault: string) => {
    throw new RangeError(`The chart "${chart.label}" ${fault}.`);
  };
  const check = (axis: Axis, values: readonly (number | undefined)[]) => {
    for (const value of values) {
      if (value === undefined) continue;
      if (!Number.isFinite(value)) refuse(`has ${value} on its axis "${axis.title}"`);
      if (axis.scale === 'log' && value <= 0) refuse(`has ${value} on its logarithmic axis "${axis.title}"`);
    }
  };
  const points = chart.kind === 'lines' ? chart.series.flatMap((series) => series.points) : chart.rows;
  if (points.length === 0) refuse('has no points');
  for (const { low, high } of points) if ((low === undefined) !== (high === undefined)) refuse('has half an interval');
  if (chart.kind === 'dots') {
    check(chart.x, [...chart.rows.flatMap(({ value, low, high }) => [value, low, high]), ...(chart.x.range ?? [])]);
    return;
  }
  const all = chart.series.flatMap((series) => series.points);
  check(chart.x, [...all.map(({ x }) => x), ...(chart.x.range ?? [])]);
  check(chart.y, [...all.flatMap(({ y, low, high }) => [y, low, high]), ...(chart.y.range ?? [])]);
}

async function refuse(address: string): Promise<never> {
  throw new Error(`A chart may not load ${address}.`);
}

/** Vega-Lite warns of what it leaves out; what is drawn here is checked before. */
function silent() {
  const logger = {
    warn: () => logger,
    info: () => logger,
    debug: () => logger,
    error: () => logger,
    level: () => logger,
  };
  return logger;
}
