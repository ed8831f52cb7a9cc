// The rival that `tallrec bench --compare llama.cpp` runs in a process of its own: node-llama-cpp on the same prompts, one at a time.
// Reads {"prompts": [[token, …]]} a line and answers {"ms"}. Arguments: the package's entry, the GGUF file, threads.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** What is used of node-llama-cpp, which is no dependency of this project. */
interface LlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<Model> }>;
}
interface Model {
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number>;
}

const [entry, gguf, threads] = process.argv.slice(2) as [string, string, string];
const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaCpp;
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: Number(threads), logLevel: 'disabled' });
const model = await llama.loadModel({ modelPath: gguf });
const context = await model.createContext({ contextSize: 1024, batchSize: 1024, threads: Number(threads) });
const sequence = context.getSequence();

for await (const line of createInterface({ input: process.stdin })) {
  const { prompts } = JSON.parse(line) as { prompts: number[][] };
  const startedAt = performance.now();
  for (const prompt of prompts) {
    await sequence.clearHistory();
    for await (const _token of sequence.evaluate(prompt, { temperature: 0 })) break;
  }
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - startedAt })}\n`);
}
process.exit(0);
