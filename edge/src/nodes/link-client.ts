// How the rest of the edge reaches a node: through its NodeLink object, with answers in place of exceptions.
import { type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import type { Job } from '@tallrec/shared/wire/link';
import type { NodeLink } from './node-link.ts';

/** What crosses the object's border: a rejected call would be logged as uncaught even where it is caught. */
export type LinkResult<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

export interface RelayRequest {
  method: 'GET' | 'POST';
  path: string;
  /** JSON text, or nothing. */
  body?: string;
}
export interface RelayResponse {
  status: number;
  /** JSON text. */
  body: string;
}

/** Names the node to its object; only the edge itself can send it there. */
export const NODE_HEADER = 'X-Tallrec-Node';

export interface Links {
  /** The answer to a node's upgrade request, once the node has been authenticated. */
  connect(node: string): Promise<Response>;
  /** @throws TallrecError NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
  request(node: string, request: RelayRequest): Promise<RelayResponse>;
  /** @throws TallrecError NODE_UNAVAILABLE, NODE_BUSY: then the node has not got the job */
  dispatch(node: string, job: Job): Promise<void>;
  cancel(node: string, job: string, fence: number): Promise<void>;
  /** Whether the node's lease on the job holds. */
  holds(node: string, job: string, fence: number): Promise<boolean>;
  /** Whether the node is connected and has no job. */
  isFree(node: string): Promise<boolean>;
  /** Closes the connection for good: the node is no more. */
  remove(node: string): Promise<void>;
}

export function openLinks(namespace: DurableObjectNamespace<NodeLink>): Links {
  const link = (node: string) => namespace.get(namespace.idFromName(node));
  return {
    connect: (node) =>
      link(node).fetch('https://node.link/', { headers: { Upgrade: 'websocket', [NODE_HEADER]: node } }),
    request: async (node, request) => unwrap(await link(node).relay(request)),
    dispatch: async (node, job) => {
      unwrap(await link(node).dispatch(job));
    },
    cancel: (node, job, fence) => link(node).cancel(job, fence),
    holds: (node, job, fence) => link(node).holds(job, fence),
    isFree: (node) => link(node).isFree(),
    remove: (node) => link(node).remove(),
  };
}

function unwrap<T>(result: LinkResult<T>): T {
  if (result.ok) return result.value;
  throw new TallrecError(result.code, result.message);
}
