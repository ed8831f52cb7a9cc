// Child processes that are stopped whole: each leads a process group, since wrangler and npm shims start children of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TallrecError } from '@tallrec/shared/errors';
import { childEnvironment } from '../config.ts';

const KILL_AFTER_MS = 10_000;

export interface ChildOptions {
  /** How users know it. */
  name: string;
  args: readonly string[];
  cwd: string;
  /** Added to this process's own environment. */
  env?: Record<string, string>;
  onLine: (line: string) => void;
}

export class Child {
  readonly name: string;
  /** Resolves, never rejects, with words on how it ended. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;
  readonly #lastLines: string[] = [];
  #running = true;

  constructor({ name, args, cwd, env = {}, onLine }: ChildOptions) {
    this.name = name;
    this.#process = spawn(process.execPath, args, {
      cwd,
      env: childEnvironment(env),
      detached: true,
      // The channel closes when this process ends, and the child ends with it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const keep = (line: string) => {
      if (!line.trim()) return;
      this.#lastLines.push(line);
      if (this.#lastLines.length > 20) this.#lastLines.shift();
      onLine(line);
    };
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) createInterface(stream).on('line', keep);
    this.exited = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      this.#process.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with ${code}`));
    });
    void this.exited.then(() => {
      this.#running = false;
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#running;
  }

  /** @throws TallrecError with its last lines, once it has ended */
  async failed(): Promise<never> {
    const how = await this.exited;
    throw new TallrecError('INTERNAL', `${this.name} ${how}. It last said:\n${this.#lastLines.join('\n')}\n`);
  }

  /** Asks the whole group to end, and kills what is left of it after ten seconds. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
    this.signal('SIGKILL');
  }

  /** Sends a signal to the whole group, at once and without waiting. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
