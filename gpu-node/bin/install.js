// Installs the workspaces, or the package in the folder that is named, when its lock file is newer than what is installed. Runs before
// everything, on Node 20 too.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', process.argv[2] ?? '.');
const modifiedMs = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modifiedMs('package-lock.json') > modifiedMs('node_modules/.package-lock.json')) {
  console.error(`Installing ${process.argv[2] ?? 'dependencies'} (npm ci), once …`);
  // onnxruntime-node would otherwise fetch CUDA libraries, which only a machine with an NVIDIA card can use.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: process.env.ONNXRUNTIME_NODE_INSTALL ?? 'skip' };
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (error) console.error(`npm could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
