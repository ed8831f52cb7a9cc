#!/usr/bin/env node
// Starts the CLI on a Node that runs TypeScript and the native packages: this one if it fits, else the project's own.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithNpm } from './end-with-npm.js';
import { runInNode } from './run-in-node.js';

endWithNpm();

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'src', 'main.ts');
const [major, minor] = process.versions.node.split('.').map(Number);

if (major === 22 && minor >= 18) {
  await import(main);
} else {
  const own = join(here, '..', '..', 'node_modules', '.bin', 'node');
  if (!existsSync(own)) {
    console.error(
      `tallrec needs Node 22.18 or later (this is ${process.versions.node}). Run "npm test" or "npm ci" once: it brings its own.`,
    );
    process.exit(1);
  }
  runInNode(own, [main, ...process.argv.slice(2)]);
}
