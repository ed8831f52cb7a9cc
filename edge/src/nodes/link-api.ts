// What a NodeLink object answers to the rest of the edge; the class itself is known to worker.ts alone.
import type { Job, Verdict } from '@tallrec/shared/wire/link';
import type { LinkResult, RelayRequest, RelayResponse } from '../deps.ts';

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
