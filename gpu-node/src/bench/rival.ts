// Talks to a rival that runs in a process of its own: one JSON request and one JSON answer a line.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { TallrecError } from '@tallrec/shared/errors';

export class Rival {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #complaints = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (chunk) => {
      this.#complaints = `${this.#complaints}${chunk}`.slice(-2000);
    });
    this.#child.on('error', (error) => {
      this.#complaints += error.message;
    });
    this.#child.stdin!.on('error', () => {});
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @throws TallrecError when the rival has ended, with its last words */
  async ask<T>(request: object): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value) as T;
    throw new TallrecError('ENGINE_FAILED', `${this.#name} cannot be run: ${lastLine(this.#complaints)}.`, {
      fix: 'Leave it out of --compare, or install it: for PyTorch "pip install torch transformers peft" and name that --python.',
    });
  }

  end(): void {
    this.#reader.close();
    this.#child.kill();
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'it ended without a word';
}
