// Scalar's script as a file of the build: its Fastify plugin serves the very one that browsers need, so that is whom we ask.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import scalar from '@scalar/fastify-api-reference';
import fastify from 'fastify';
import type { Plugin } from 'vite';

/** `import url from 'virtual:scalar?url'` says where it is. */
export function scalarScript(): Plugin {
  let file: string;
  return {
    name: 'scalar-script',
    configResolved({ cacheDir }) {
      file = join(cacheDir, 'scalar', 'scalar.js');
    },
    async buildStart() {
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, `/*!\n${await license()}*/\n${await servedScript()}`);
    },
    resolveId: (id) => (id === 'virtual:scalar?url' ? `${file}?url` : undefined),
  };
}

async function servedScript(): Promise<string> {
  const server = fastify();
  try {
    // It wants a document to speak of; the page names its own.
    await server.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
    const { statusCode, body } = await server.inject('/docs/js/scalar.js');
    if (statusCode !== 200) throw new Error(`Scalar's plugin answered ${statusCode} when asked for its script.`);
    // The map is not there.
    return body.replace(/\/\/# sourceMappingURL=\S+\s*$/, '');
  } finally {
    await server.close();
  }
}

/** Goes wherever copies of the script go. */
function license(): Promise<string> {
  return readFile(new URL('../LICENSE', import.meta.resolve('@scalar/fastify-api-reference')), 'utf8');
}
