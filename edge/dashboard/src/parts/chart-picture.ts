// A chart of the page as a file of its own: the SVG with what styled it from outside written into it, or a picture of that.

/** Colours and type come from the page's styles, which a file does not have. */
const STYLES = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'stroke-linecap'],
  ...['opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'visibility', 'display'],
];
const SVG_NS = 'http://www.w3.org/2000/svg';
const PIXELS_PER_POINT = 2;
const MARGIN = 16;
const LINE = 20;
/** Of the legend's type, on the safe side. */
const CHARACTER_WIDTH = 6.5;

interface Around {
  title: string;
  legend: readonly { label: string; color: string }[];
}

/** @throws Error where the element holds no chart */
export async function chartPicture(kind: 'svg' | 'png', chart: HTMLElement, around: Around): Promise<Blob> {
  const drawn = chart.querySelector('svg');
  if (!drawn) throw new Error('There is no chart to save.');
  const { svg, width, height } = standalone(drawn, chart, around);
  const text = new Blob([new XMLSerializer().serializeToString(svg)], { type: 'image/svg+xml' });
  return kind === 'svg' ? text : await rasterized(text, width, height);
}

function standalone(drawn: SVGSVGElement, chart: HTMLElement, { title, legend }: Around) {
  const { width: chartWidth, height: chartHeight } = drawn.getBoundingClientRect();
  const top = MARGIN + LINE;
  const width = Math.ceil(chartWidth) + 2 * MARGIN;
  const rows = legendRows(legend, width - 2 * MARGIN);
  const height = Math.ceil(chartHeight) + top + MARGIN + rows.length * LINE;
  const page = getComputedStyle(document.body);
  const ink = page.color;
  const font = `font-family:${page.fontFamily};`;

  const copy = drawn.cloneNode(true) as SVGSVGElement;
  inlineStyles(drawn, copy);
  set(copy, { x: MARGIN, y: top, width: chartWidth, height: chartHeight });

  const svg = element('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.append(
    element('rect', { width, height, fill: page.backgroundColor }),
    element('text', { x: MARGIN, y: MARGIN + 8, fill: ink, style: `${font}font-size:14px;font-weight:600` }, title),
    copy,
  );
  for (const [row, entries] of rows.entries()) {
    const y = height - MARGIN - 1 - (rows.length - 1 - row) * LINE;
    for (const { label, color, x } of entries) {
      svg.append(
        element('rect', { x, y: y - 9, width: 10, height: 10, rx: 2, fill: colorIn(chart, color) }),
        element('text', { x: x + 16, y, fill: ink, style: `${font}font-size:12px` }, label),
      );
    }
  }
  return { svg, width, height };
}

/** As many entries side by side as there is room for. */
function legendRows(legend: Around['legend'], room: number): (Around['legend'][number] & { x: number })[][] {
  const rows: (Around['legend'][number] & { x: number })[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const entry of legend) {
    const width = 36 + CHARACTER_WIDTH * entry.label.length;
    if (x + width > room) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)!.push({ ...entry, x: MARGIN + x });
    x += width;
  }
  return rows;
}

function inlineStyles(from: Element, to: Element): void {
  const computed = getComputedStyle(from);
  const style = STYLES.map((name) => `${name}:${computed.getPropertyValue(name)}`).join(';');
  to.removeAttribute('class');
  to.setAttribute('style', style);
  for (const [at, child] of [...from.children].entries()) inlineStyles(child, to.children[at]!);
}

/** A colour of the page's styles as a file can say it. */
function colorIn(place: HTMLElement, color: string): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function element(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const made = document.createElementNS(SVG_NS, name);
  set(made, attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

function set(target: Element, attributes: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, String(value));
}

async function rasterized(svg: Blob, width: number, height: number): Promise<Blob> {
  const url = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * PIXELS_PER_POINT;
    canvas.height = height * PIXELS_PER_POINT;
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
        'image/png',
      );
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}
