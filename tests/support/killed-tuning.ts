// Tunings by the real command on a small random model, killed outright or out of disk, and resumed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '@tallrec/shared/random';
import { type LabelledSample, toInstructionRow } from '@tallrec/shared/sample';
import { writeTinyModel } from '../../gpu-node/src/tiny-model.ts';
import { CLI } from './machine.ts';

const FILES = ['adapter_model.safetensors', 'adapter_config.json'];

export interface Ended {
  code: number | null;
  stderr: string;
}

/** What a kill left of the checkpoints. */
export interface Kill {
  /** Milliseconds after the start of the process. */
  afterMs: number;
  /** Whether it had got to training. */
  training: boolean;
  whole: number;
  unfinished: number;
}

export class KilledTuning {
  readonly #dir: string;
  readonly #args: readonly string[];

  private constructor(dir: string, args: readonly string[]) {
    this.#dir = dir;
    this.#args = args;
  }

  /** Makes a model and data in `dir`. A checkpoint comes after every step, so that many kills fall into the writing of one. */
  static async prepare(dir: string, { maxSteps, options = [] }: { maxSteps: number; options?: string[] }) {
    await mkdir(dir, { recursive: true });
    const [train, valid] = [samples(12, 1), samples(6, 2)].map((rows) => rows.map(toInstructionRow));
    await writeFile(join(dir, 'train.json'), JSON.stringify(train));
    await writeFile(join(dir, 'valid.json'), JSON.stringify(valid));
    await writeTinyModel(join(dir, 'tiny'), { corpus: train!.flatMap((row) => Object.values(row)) });
    const recipe = '--batch-size 4 --learning-rate 0.01 --warmup 2 --evaluate-every 3 --patience 1000 --epochs 1000';
    const args = `--model tiny --train train.json --valid valid.json --checkpoint-every 1 ${recipe}`.split(' ');
    return new KilledTuning(dir, ['tune', ...args, '--max-steps', String(maxSteps), ...options]);
  }

  /** Runs to the end. */
  async run(out: string, { resume = false, fileBlocks }: { resume?: boolean; fileBlocks?: number } = {}) {
    return ended(this.#start(out, resume, fileBlocks));
  }

  /**
   * Kills the tuning at random moments, most of them while it trains, resuming it each time, and then lets it end. A run that
   * ends before enough kills starts anew.
   */
  async runKilled(out: string, kills: number, seed: number, stepMs: number): Promise<{ kills: Kill[]; last: Ended }> {
    const random = Random.seeded(seed);
    const done: Kill[] = [];
    while (done.length < kills) {
      const startedAt = performance.now();
      const child = this.#start(out, true);
      const end = ended(child);
      const early = random.uniform() < 0.2;
      const training = early ? Promise.resolve() : Promise.race([said(child, / at step /), end]);
      const wait = random.uniform() * (early ? 1_000 : 3 * stepMs);
      await training.then(() => pause(wait));
      const alive = child.kill('SIGKILL');
      const afterMs = Math.round(performance.now() - startedAt);
      const { code } = await end;
      if (alive && code === null) done.push({ afterMs, training: !early, ...(await this.#checkpoints(out)) });
      else if (code === 0) await rm(join(this.#dir, out), { recursive: true });
      else throw new Error((await end).stderr);
    }
    return { kills: done, last: await this.run(out, { resume: true }) };
  }

  async adapterFiles(out: string): Promise<Buffer[]> {
    return Promise.all(FILES.map((name) => readFile(join(this.#dir, out, name))));
  }

  /** Names below the folder of checkpoints. */
  async checkpoints(out: string): Promise<string[]> {
    return (await readdir(join(this.#dir, out, 'checkpoints'), { recursive: true }).catch(() => [])).sort();
  }

  async #checkpoints(out: string): Promise<{ whole: number; unfinished: number }> {
    const names = await this.checkpoints(out);
    const all = names.filter((name) => /^\d+(\.tmp)?$/.test(name));
    const whole = all.filter((name) => names.includes(join(name, 'DONE'))).length;
    return { whole, unfinished: all.length - whole };
  }

  #start(out: string, resume: boolean, fileBlocks?: number): ChildProcess {
    const args = [CLI, ...this.#args, '--out', out, ...(resume ? ['--resume'] : [])];
    const limited = ['-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`, process.execPath, ...args];
    const [program, given] = fileBlocks === undefined ? [process.execPath, args] : ['sh', limited];
    return spawn(program, given, {
      cwd: this.#dir,
      env: { ...process.env, TALLREC_HOME: join(this.#dir, 'home'), TALLREC_PROVIDER: 'cpu' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

function said(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = '';
    child.stderr!.on('data', (chunk) => {
      text += chunk;
      if (words.test(text)) resolve();
    });
  });
}

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  const film = () => ({ title: `Film ${random.integer(1, 30)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, () => {
    const { liked, ...target } = film();
    return { noun: 'movie', history: [film(), film()], target, liked };
  });
}
