// Keeps from the build what packages import and no page needs: the first view has to stand at once.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const MERGE_REFS = fileURLToPath(new URL('merge-refs.ts', import.meta.url));
const HOLLOW = '\0hollow:';

const isOfSchemas = (importer: string) => importer.endsWith('/zod/v4/classic/schemas.js');
const isOfScrollArea = (importer: string) => importer.includes('/@mantine/core/esm/components/ScrollArea/');

export function leaveOut(): Plugin {
  return {
    name: 'leave-out',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (importer === undefined) return null;
      if (isOfScrollArea(importer) && source === '@floating-ui/react') return MERGE_REFS;
      // Every schema can become a JSON schema, and brings along what makes it: a fifth of zod, which no page calls.
      if (isOfSchemas(importer) && /\/(json-schema-processors|to-json-schema)\.js$/.test(source)) {
        const real = await this.resolve(source, importer, { skipSelf: true });
        return real && `${HOLLOW}${real.id}`;
      }
      return null;
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
