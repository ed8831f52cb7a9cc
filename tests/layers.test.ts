// Reads every import of the project and fails on one that crosses a layer it may not.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  file: string;
  /** A path from the root for our own files, else the specifier as written. */
  target: string;
}

/** `shared/…`, `edge/…`, `gpu-node/…` for what is ours. */
function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(root, normalize(join(root, dirname(file), specifier)));
  return specifier.replace(/^@tallrec\/(shared)\/(.*)$/, 'shared/src/$2.ts').replace(/^@tallrec\//, '');
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const specifiers = source.matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm,
  );
  return [...specifiers].map((match) => ({ file, target: resolve(file, (match[1] ?? match[2] ?? match[3])!) }));
}

const files = globSync('{shared,edge,gpu-node,tests}/**/*.{ts,tsx,js}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|\.wrangler|\.turbo)(\/|$)/.test(path),
});
const sources = files.filter((file) => file.includes('/src/') && !file.endsWith('.test.ts'));
const imports = sources.flatMap(importsOf);

interface Rule {
  name: string;
  from: RegExp;
  never: RegExp;
  /** Files that the rule lets through. */
  but?: RegExp;
}

const ENGINE_ROOMS = ['graph', 'autodiff', 'llama', 'train', 'score', 'jobs', 'server'];

/** A room may import the rooms before it in the chain, never one after it. */
const chain: Rule[] = ENGINE_ROOMS.map((room, at) => ({
  name: `gpu-node ${room} imports no later room`,
  from: new RegExp(`^gpu-node/src/${room}/`),
  never: new RegExp(`^gpu-node/src/(${ENGINE_ROOMS.slice(at + 1).join('|') || '(?!)'})/`),
}));

/** Those of the readers of people's files: what columns are called, what rows may hold, how files are written, what is counted. */
const ROW_ROOMS = ['columns', 'checks', 'files', 'counts'];

const rowChain: Rule[] = ROW_ROOMS.map((room, at) => ({
  name: `rows ${room} imports no later room`,
  from: new RegExp(`^shared/src/rows/${room}/`),
  never: new RegExp(`^shared/src/rows/(${ROW_ROOMS.slice(at + 1).join('|') || '(?!)'})/`),
}));

const rules: Rule[] = [
  { name: 'shared imports nothing of ours', from: /^shared\//, never: /^(edge|gpu-node|tests)\// },
  { name: 'shared runs anywhere', from: /^shared\//, never: /^(node|cloudflare|bun):/ },
  { name: 'edge does not know the node', from: /^edge\//, never: /^gpu-node\// },
  { name: 'the node does not know the edge', from: /^gpu-node\//, never: /^(edge\/|cloudflare:)/ },
  { name: 'no product code imports tests', from: /^(edge|gpu-node)\//, never: /^tests\// },
  { name: 'routes do not reach into the repo', from: /^edge\/src\/routes\//, never: /^edge\/src\/repo\// },
  { name: 'services know no HTTP framework', from: /^edge\/src\/services\//, never: /^(hono|@hono)(\/|$)/ },
  { name: 'drizzle only in the repo', from: /^edge\/src\//, never: /^drizzle-orm/, but: /^edge\/src\/repo\// },
  {
    name: 'ONNX Runtime only in runtime',
    from: /^gpu-node\/src\//,
    never: /^onnxruntime-node/,
    but: /^gpu-node\/src\/runtime\//,
  },
  {
    name: 'the engine is handed its runtime',
    from: /^gpu-node\/src\/(graph|autodiff|train|score)\//,
    never: /^gpu-node\/src\/runtime\//,
  },
  { name: 'train and score do not know each other', from: /^gpu-node\/src\/score\//, never: /^gpu-node\/src\/train\// },
  ...chain,
  ...rowChain,
];

describe('layers', () => {
  it('sees the project', () => {
    expect(imports.length).toBeGreaterThan(100);
    for (const room of ['shared', 'edge', 'gpu-node']) {
      expect(imports.some(({ file }) => file.startsWith(`${room}/`))).toBe(true);
    }
  });

  it.each(rules)('$name', ({ from, never, but }) => {
    const broken = imports.filter(({ file, target }) => from.test(file) && never.test(target) && !but?.test(file));
    expect(broken.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });

  it.each([
    // Code that people copy reads an environment of their own.
    ['edge', /\bprocess\.env\b(?!\.TALLREC_KEY \?\? '')|\bimport\.meta\.env\b/, 'edge/src/env.ts'],
    // A bundler is told by this name what the code of others may read.
    ['gpu-node', /\bprocess\.env\b(?!\.NODE_ENV')/, 'gpu-node/src/config.ts'],
    ['shared', /\bprocess\b|\bBuffer\b/, ''],
  ])('%s reads its environment in one place', (room, pattern, place) => {
    const readers = sources.filter(
      (file) => file.startsWith(`${room}/`) && file !== place && pattern.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });

  it.each(['edge', 'gpu-node', 'shared'])('%s imports in no circle', (room) => {
    const own = imports.filter(({ file, target }) => file.startsWith(`${room}/`) && sources.includes(target));
    expect(circleIn(own)).toEqual([]);
  });

  it('finds a circle where there is one', () => {
    const edges = ['a b', 'b c', 'd a', 'c d'].map((pair) => pair.split(' '));
    expect(circleIn(edges.map(([file, target]) => ({ file: file!, target: target! })))).toEqual([
      'a',
      'b',
      'c',
      'd',
      'a',
    ]);
  });

  it('keeps the top level to its fixed rooms', () => {
    const { stdout, status } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const top = new Set(
      stdout
        .trim()
        .split('\n')
        .map((file) => file.split('/')[0]!),
    );
    expect([...top].filter((name) => !TOP_LEVEL.has(name))).toEqual([]);
    for (const room of ['edge', 'gpu-node', 'shared', 'migrations', 'tests', 'docs']) expect(top).toContain(room);
  });
});

/** What is fixed, and what tools insist on beside it. */
const TOP_LEVEL = new Set(
  'package.json wrangler.toml turbo.json edge gpu-node shared migrations tests docs README.md LICENSE package-lock.json tsconfig.base.json biome.json .ci .gitignore .npmrc'.split(
    ' ',
  ),
);

/** @returns the files along the first circle that is found, its beginning at both ends; empty where there is none */
function circleIn(edges: readonly Import[]): string[] {
  const targets = Map.groupBy(edges, ({ file }) => file);
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    const begun = path.indexOf(file);
    if (begun >= 0) return [...path.slice(begun), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const { target } of targets.get(file) ?? []) {
      const found = visit(target);
      if (found.length > 0) return found;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of targets.keys()) {
    const found = visit(file);
    if (found.length > 0) return found;
  }
  return [];
}
