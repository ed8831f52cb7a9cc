// The program starts as it is installed by those who only use it: without development packages.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import workspaceJson from '../../package.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'main-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** Makes packages look as if they were not installed. */
async function withoutPackages(names: readonly string[], ...args: string[]) {
  const hooks = join(dir, 'without-packages.mjs');
  await writeFile(
    hooks,
    `import { registerHooks } from 'node:module';
    const absent = ${JSON.stringify(names)};
    registerHooks({
      resolve(specifier, context, next) {
        if (absent.some((name) => specifier === name || specifier.startsWith(name + '/'))) {
          throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
        }
        return next(specifier, context);
      },
    });`,
  );
  return promisify(execFile)(process.execPath, ['--import', pathToFileURL(hooks).href, ...args]);
}

const development = [packageJson, workspaceJson].flatMap(({ devDependencies }) => Object.keys(devDependencies));

it('starts without development packages', { timeout: 60_000 }, async () => {
  expect(development).toContain('tokenizers');
  const { stdout } = await withoutPackages(development, MAIN, '--help');
  expect(stdout).toMatch(/^Usage: tallrec/);
});

it('says which package is lacking where one of them is needed', { timeout: 60_000 }, async () => {
  const module = new URL('./default-model/tokenizer-file.ts', import.meta.url).href;
  const program = `const { trainTokenizer } = await import(${JSON.stringify(module)});
    await trainTokenizer({ texts: ['a'], merges: 1, titles: [] }).catch(({ message }) => console.log(message));`;
  const { stdout } = await withoutPackages(development, '--input-type=module', '--eval', program);
  expect(stdout).toMatch(/The package tokenizers.*is not installed\. Install the development packages/);
});
