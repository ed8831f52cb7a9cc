// The entry of an engine process: `engine-process.ts <role> <computing as JSON>`. It answers calls over IPC and ends with the service
// that forked it.
import { config } from '../config.ts';
import { planCompute } from '../doctor/compute-plan.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { createEngine } from './engine.ts';
import { engineComputingSchema, engineRoleSchema } from './engine-calls.ts';
import { serveEngine } from './engine-serve.ts';

const role = engineRoleSchema.parse(process.argv[2]);
const computing = engineComputingSchema.parse(JSON.parse(process.argv[3]!));
const { threads, home } = config();
// The engine that answers requests is there at all times, beside the service, jobs and whatever else the machine does.
const options = { spin: role !== 'score', ...(threads ? { threads } : {}) };

// Only the first engine proves what it computes with; the others are told what it came to.
const chosen = computing.proven
  ? Promise.resolve({ ...computing, runtime: createRuntime(computing.provider, options), reason: 'as told' })
  : planCompute(computing, { home, ...options });
chosen.catch(() => {});
serveEngine(createEngine(() => chosen, { home }));
