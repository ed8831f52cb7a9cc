// Adapters as people send them, for tests of the edge.
import type { Adapter, AdapterUpload } from '@tallrec/shared/wire/adapters';
import type { Upload } from '@tallrec/shared/wire/uploads';
import { call } from './client.ts';
import { put, sha256 } from './datasets.ts';
import { MODEL } from './fake-node.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const urlOf = (upload: Upload) => (upload as Extract<Upload, { mode: 'single' }>).url;

export const ADAPTER_CONFIG = '{"peft_type":"LORA","r":8,"lora_alpha":16}';

/** A whole adapter_model.safetensors that differs by its name. */
export function weightsOf(name: string): Uint8Array {
  const tensor = { dtype: 'F32', shape: [1, 1], data_offsets: [0, 4] };
  const q = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';
  return safetensorsOf({ __metadata__: { name }, [q]: tensor }, 4);
}

export function safetensorsOf(header: object, dataBytes: number): Uint8Array {
  const text = bytesOf(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

export async function announce(config: string, weights: Uint8Array, key?: string) {
  const body = {
    configSha256: await sha256(bytesOf(config)),
    configBytes: bytesOf(config).length,
    weightsSha256: await sha256(weights),
    weightsBytes: weights.length,
  };
  const { body: upload } = await call<AdapterUpload>('POST', '/v1/adapters:upload', { body, ...(key ? { key } : {}) });
  return { upload, body };
}

interface Sent {
  config?: string;
  weights?: Uint8Array;
  fields?: object;
  key?: string | undefined;
}

/** Sends both files and imports them under a name; what is wrong with them is told by the answer. */
export async function imported(
  name: string,
  { config = ADAPTER_CONFIG, weights = weightsOf(name), fields = {}, key }: Sent = {},
) {
  const { upload, body } = await announce(config, weights, key);
  for (const [to, bytes] of [
    [upload.config, bytesOf(config)],
    [upload.weights, weights],
  ] as const) {
    const { status } = await put(urlOf(to), bytes);
    if (status !== 200) throw new Error(`a file was not taken: ${status}`);
  }
  const { configSha256, weightsSha256 } = body;
  return call<Adapter>('POST', '/v1/adapters', {
    body: { configSha256, weightsSha256, name, model: MODEL, template: 'tallrec', ...fields },
    ...(key ? { key } : {}),
  });
}
