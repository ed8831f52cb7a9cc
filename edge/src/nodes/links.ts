// How the rest of the edge reaches a node: through its NodeLink object, with answers in place of exceptions. The class itself is known to
// worker.ts alone.

import { TallrecError } from '@tallrec/shared/errors';
import type { Job, Verdict } from '@tallrec/shared/wire/link';
import type { LinkResult, Links, RelayRequest, RelayResponse } from '../deps.ts';

export interface NodeLinkApi extends Rpc.DurableObjectBranded {
  fetch(request: Request): Promise<Response>;
  /** @param call chosen by the caller, for `abort` */
  relay(call: string, request: RelayRequest): Promise<LinkResult<RelayResponse>>;
  abort(call: string): Promise<void>;
  isFree(): Promise<boolean>;
  dispatch(job: Job): Promise<LinkResult<null>>;
  cancel(job: string, fence: number): Promise<void>;
  stop(job: string, fence: number): Promise<void>;
  verdict(job: string, fence: number, verdict: Verdict): Promise<void>;
  holds(job: string, fence: number): Promise<boolean>;
  remove(): Promise<void>;
}

/** Names the node to its object; only the edge itself can send it there. */
export const NODE_HEADER = 'X-Tallrec-Node';

let calls = 0;
let isolate: string | undefined;

/** A name that no other isolate gives. */
function newCall(): string {
  isolate ??= crypto.randomUUID();
  return `${isolate} ${++calls}`;
}

export function openLinks(namespace: DurableObjectNamespace<NodeLinkApi>): Links {
  const link = (node: string) => namespace.get(namespace.idFromName(node));
  return {
    connect: (node) =>
      link(node).fetch(new Request('https://node.link/', { headers: { Upgrade: 'websocket', [NODE_HEADER]: node } })),
    async request(node, request, signal) {
      const call = newCall();
      const stub = link(node);
      const abort = () => void stub.abort(call);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return unwrap(await stub.relay(call, request));
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    isFree: (node) => link(node).isFree(),
    dispatch: async (node, job) => {
      unwrap(await link(node).dispatch(job));
    },
    cancel: (node, job, fence) => link(node).cancel(job, fence),
    stop: (node, job, fence) => link(node).stop(job, fence),
    verdict: (node, job, fence, verdict) => link(node).verdict(job, fence, verdict),
    holds: (node, job, fence) => link(node).holds(job, fence),
    remove: (node) => link(node).remove(),
  };
}

function unwrap<T>(result: LinkResult<T>): T {
  if (result.ok) return result.value;
  throw new TallrecError(result.code, result.message);
}
