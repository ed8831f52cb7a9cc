// Keeps from the build what packages import and no page needs: the first view has to stand at once.
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

interface Replacement {
  importer: RegExp;
  source: RegExp;
  by: string;
}

const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const REPLACEMENTS: readonly Replacement[] = [
  {
    importer: /\/zod\/v4\/(classic|core)\//,
    source: /\/(json-schema-processors|to-json-schema)\.js$/,
    by: beside('no-json-schema.cjs'),
  },
  {
    importer: /\/@mantine\/core\/esm\/components\/ScrollArea\//,
    source: /^@floating-ui\/react$/,
    by: beside('merge-refs.ts'),
  },
];

export function leaveOut(): Plugin {
  return {
    name: 'leave-out',
    enforce: 'pre',
    resolveId(source, importer) {
      return REPLACEMENTS.find(
        (one) => one.source.test(source) && importer !== undefined && one.importer.test(importer),
      )?.by;
    },
  };
}
