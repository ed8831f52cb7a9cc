// Keeps from the build what packages import and no page needs: the first view has to stand at once.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const STAND_INS = fileURLToPath(new URL('stand-ins.ts', import.meta.url));
const HOLLOW = '\0hollow:';

/** Which module asks for which. */
const REPLACED: readonly [importer: RegExp, source: RegExp][] = [
  [/\/@mantine\/core\/esm\/components\/Table\/TableScrollContainer\.mjs$/, /\/ScrollArea\.mjs$/],
  [/\/@mantine\/core\/esm\/components\/AppShell\//, /^react-remove-scroll$/],
];
/** Every schema can become a JSON schema, and brings along what makes it: a fifth of zod, which no page calls. */
const HOLLOWED: (typeof REPLACED)[number] = [
  /\/zod\/v4\/classic\/schemas\.js$/,
  /\/(json-schema-processors|to-json-schema)\.js$/,
];

export function leaveOut(): Plugin {
  return {
    name: 'leave-out',
    enforce: 'pre',
    async resolveId(source, importer = '') {
      const isFor = ([from, of]: (typeof REPLACED)[number]) => from.test(importer) && of.test(source);
      if (REPLACED.some(isFor)) return STAND_INS;
      if (!isFor(HOLLOWED)) return null;
      const real = await this.resolve(source, importer, { skipSelf: true });
      return real && `${HOLLOW}${real.id}`;
    },
    async load(id) {
      return id.startsWith(HOLLOW) ? hollow(await readFile(id.slice(HOLLOW.length), 'utf8')) : null;
    },
  };
}

/** A module with the same exports, each of which throws when it is called, or where it makes a method, when that is. */
function hollow(code: string): string {
  const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name!);
  const refuse = `const refuse = () => { throw new Error('The dashboard makes no JSON schemas.'); };`;
  return [
    refuse,
    ...names.map((name) => `export const ${name} = ${name.startsWith('create') ? '() => refuse' : 'refuse'};`),
  ].join('\n');
}
