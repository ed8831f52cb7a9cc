// The call of the playground as code for people's own programs: a shell, TypeScript, a web page.
import type { RankRequest, ScoreRequest } from '@tallrec/shared/wire/score';

export const LANGUAGES = ['curl', 'typescript', 'browser'] as const;
export type Language = (typeof LANGUAGES)[number];

export type PlaygroundCall = { path: '/v1/rank'; body: RankRequest } | { path: '/v1/score'; body: ScoreRequest };

/** Stands where people put a key of their own, bound to the origin of their pages. */
export const BROWSER_KEY = 'tlr_YOUR_BROWSER_KEY';

const WIDTH = 100;

/** JSON with what is short on one line, as people write it. */
export function laidOut(value: unknown, indent = ''): string {
  const short = onOneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + short.length <= WIDTH) return short;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = Array.isArray(value)
    ? value.map((item) => deeper + laidOut(item, deeper))
    : Object.entries(value).map(([name, item]) => `${deeper}${JSON.stringify(name)}: ${laidOut(item, deeper)}`);
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${onOneLine(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** @param origin of the edge */
export function snippet(language: Language, origin: string, { path, body }: PlaygroundCall): string {
  const url = `${origin}${path}`;
  switch (language) {
    case 'curl':
      return curl(url, body);
    case 'typescript':
      return path === '/v1/rank' ? rankTypeScript(url, body) : scoreTypeScript(url, body);
    case 'browser':
      return browser(url, body, path === '/v1/rank' ? 'ranking' : 'scores');
  }
}

/** As one word of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(url: string, body: object): string {
  return [
    `curl ${quoted(url)} \\`,
    '  -H "Authorization: Bearer $TALLREC_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(laidOut(body))}`,
  ].join('\n');
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own
const HEADERS = "headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },";

const indented = (text: string, by: string) => text.replaceAll('\n', `\n${by}`);

function typeScript(name: string, url: string, body: object, answer: { type: string; field: string }): string[] {
  return [
    `export async function ${name}(key: string): Promise<${answer.type}[]> {`,
    `  const response = await fetch('${url}', {`,
    "    method: 'POST',",
    `    ${HEADERS}`,
    `    body: JSON.stringify(${indented(laidOut(body), '    ')}),`,
    '  });',
    '  if (!response.ok) throw new Error(await response.text());',
    `  const { ${answer.field} } = (await response.json()) as { ${answer.field}: ${answer.type}[] };`,
    `  return ${answer.field};`,
    '}',
    '',
    `// In a Worker: await ${name}(env.TALLREC_KEY)`,
  ];
}

function rankTypeScript(url: string, body: object): string {
  return [
    'interface Ranked {',
    '  candidate: { title: string; by?: string; id?: string };',
    '  /** The probability that it is liked. */',
    '  score: number;',
    '}',
    '',
    '/** The candidates, the likeliest like first. */',
    ...typeScript('rank', url, body, { type: 'Ranked', field: 'ranking' }),
    "for (const { candidate, score } of await rank(process.env.TALLREC_KEY ?? '')) {",
    '  console.log(score.toFixed(3), candidate.title);',
    '}',
  ].join('\n');
}

function scoreTypeScript(url: string, body: object): string {
  return [
    'interface Score {',
    '  /** The probability that the target is liked. */',
    '  score: number;',
    '}',
    '',
    '/** One score a sample, in order. */',
    ...typeScript('score', url, body, { type: 'Score', field: 'scores' }),
    "for (const { score: probability } of await score(process.env.TALLREC_KEY ?? '')) {",
    '  console.log(probability.toFixed(3));',
    '}',
  ].join('\n');
}

/** It may stand in a page's own script element: nothing in it can end that. */
function browser(url: string, body: object, field: string): string {
  return [
    '// Everyone can read a key that stands in a page: make one that may only score,',
    '// and only from the origins of your pages.',
    `const key = '${BROWSER_KEY}';`,
    '',
    `const response = await fetch('${url}', {`,
    "  method: 'POST',",
    `  ${HEADERS}`,
    `  body: JSON.stringify(${indented(laidOut(body).replaceAll('<', '\\u003c'), '  ')}),`,
    '});',
    'if (!response.ok) throw new Error(await response.text());',
    `const { ${field} } = await response.json();`,
    `console.table(${field});`,
  ].join('\n');
}
