// The entry of an engine process: `engine-process.ts <role> <provider>`. It answers calls over IPC and ends with the service that forked it.
import { config } from '../config.ts';
import { chooseRuntime } from '../doctor/choose-runtime.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { createEngine } from './engine.ts';
import { engineRoleSchema, providerRequestSchema } from './engine-calls.ts';
import { serveEngine } from './engine-serve.ts';

const role = engineRoleSchema.parse(process.argv[2]);
const provider = providerRequestSchema.parse(process.argv[3]);
const { threads, weights, vramBytes, home } = config();
// The engine that answers requests is there at all times, beside the service, jobs and whatever else the machine does.
const options = { spin: role !== 'score', ...(threads ? { threads } : {}) };

// Only the first engine proves its provider; the others are told which one it was.
const chosen =
  provider === 'auto' || role === 'probe'
    ? chooseRuntime(provider, options)
    : Promise.resolve({ runtime: createRuntime(provider, options), reason: 'as told' });
chosen.catch(() => {});
serveEngine(createEngine(() => chosen, { weights: weights && { format: weights, home }, vramBytes }));
