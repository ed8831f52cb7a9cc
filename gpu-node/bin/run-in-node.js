// Runs a program in another Node as if it were this process: signals reach it, its end is this one's.
import { spawn } from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * @param {string} node path of the executable
 * @param {readonly string[]} args
 */
export function runInNode(node, args) {
  // The program ends with its parent when the channel closes, as it does where this process is killed.
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const name of SIGNALS) process.on(name, () => child.kill(name));
  child.once('error', (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
