// Each snippet is run as people would run it, and has to send the very call.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_KEY, LANGUAGES, type Language, laidOut, type PlaygroundCall, snippet } from './snippets.ts';

const run = promisify(execFile);
const KEY = 'tlr_test';

/** What quotes, shells, templates and pages take for something of their own. */
const TITLES = [
  'Babe (1995)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template would take it for its own
  "Ocean's Eleven, \"Oceans\" $HOME `id` \\n ${1+1} 'x'",
  '</script><!-- & ¿qué? 東京物語 \u2028 # --',
  '!history @file\ttab\nline',
];
const item = (title: string) => ({ title });
const RANK: PlaygroundCall = {
  path: '/v1/rank',
  body: {
    model: "it's a model",
    adapter: 'production',
    template: 'clean',
    noun: 'movie',
    history: TITLES.map((title, at) => ({ ...item(title), liked: at % 2 === 0 })),
    candidates: TITLES.toReversed().map(item),
  },
};
const SCORE: PlaygroundCall = {
  path: '/v1/score',
  body: {
    model: 'm',
    template: 'tallrec',
    samples: [
      { noun: 'book', history: [{ title: TITLES[1]!, by: TITLES[2]!, liked: false }], target: item(TITLES[2]!) },
    ],
  },
};

let server: Server;
let origin: string;
let dir: string;
const received: { method: string | undefined; url: string | undefined; key: string | undefined; body: unknown }[] = [];

async function answer(request: IncomingMessage): Promise<string> {
  const { method, url, headers } = request;
  received.push({ method, url, key: headers.authorization, body: JSON.parse(await text(request)) });
  return JSON.stringify({ ranking: [{ candidate: item('Heat'), score: 0.75 }], scores: [{ score: 0.25 }] });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'snippets-'));
  server = createServer(async (request, response) => response.end(await answer(request)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true });
});

async function runs(language: Language, code: string): Promise<string> {
  const env = { ...process.env, TALLREC_KEY: KEY };
  if (language === 'curl') return (await run('sh', ['-c', code], { env })).stdout;
  const file = join(dir, language === 'typescript' ? 'call.mts' : 'call.mjs');
  await writeFile(file, code.replace(BROWSER_KEY, KEY));
  return (await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], { env })).stdout;
}

describe('the code for a call', () => {
  const cases = LANGUAGES.flatMap((language) => [RANK, SCORE].map((call) => [language, call.path, call] as const));
  it.each(cases)('in %s sends what the page sent to %s', async (language, path, call) => {
    const before = received.length;
    const printed = await runs(language, snippet(language, origin, call));
    expect(received.slice(before)).toEqual([{ method: 'POST', url: path, key: `Bearer ${KEY}`, body: call.body }]);
    expect(printed).toMatch(path === '/v1/rank' ? /0\.75/ : /0\.25/);
  });

  it('holds no key', () => {
    for (const language of LANGUAGES) {
      expect(snippet(language, origin, RANK).replace(BROWSER_KEY, '')).not.toContain('tlr_');
    }
  });

  it('for a page cannot end the script that it stands in', () => {
    expect(snippet('browser', origin, RANK)).not.toMatch(/<\/script|<!--/);
  });
});

describe('JSON laid out for people', () => {
  it('is the same value, whatever it is', () => {
    const same = fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(laidOut(value))).toEqual(JSON.parse(JSON.stringify(value)));
    });
    fc.assert(same);
  });

  it('has one line for each of many items', () => {
    const history = Array.from({ length: 12 }, (_, at) => ({ title: `Film ${at}`, liked: true }));
    expect(laidOut({ history }).split('\n')).toHaveLength(12 + 4);
    expect(laidOut({ history })).toContain('\n    { "title": "Film 3", "liked": true },\n');
  });
});
