// One object a node: holds the edge's end of its WebSocket, relays requests, keeps the leases on its jobs, and records what it reports.

import { DurableObject } from 'cloudflare:workers';
import { parseJson } from '@tallrec/shared/json';
import { LIMITS } from '@tallrec/shared/limits';
import {
  type EdgeFrame,
  type Job,
  LINK_CLOSES,
  LINK_VERSION,
  type NodeFrame,
  nodeFrameSchema,
  PING,
  PONG,
  type Verdict,
} from '@tallrec/shared/wire/link';
import type { z } from 'zod';
import { makeDeps } from '../compose.ts';
import type { Deps, LinkResult, RelayRequest, RelayResponse } from '../deps.ts';
import { parseEnv } from '../env.ts';
import { faultOf } from '../faults.ts';
import { markNodeSeen, setNeedsUpgrade } from '../repo/nodes.ts';
import { assignJobs, loseJob } from '../services/jobs/dispatch.ts';
import { jobAccepted, jobDeclined, jobEvents, recordOutcome } from '../services/jobs/reports.ts';
import { forgetRoutes } from '../services/known-routes.ts';
import { JobLeases, type Lease, LeaseWatch } from './leases.ts';
import { NODE_HEADER } from './links.ts';
import { PendingRequests, readAnswer } from './pending.ts';
import { type Attachment, close, NodeSockets, sendFrame, sendText } from './sockets.ts';

type Report = Exclude<NodeFrame, { type: 'response' }>;

export class NodeLink extends DurableObject<object> {
  private readonly deps: Deps;
  private readonly leases: JobLeases;
  private readonly watch: LeaseWatch;
  private readonly pending: PendingRequests;
  private readonly leaseMs: number;
  private readonly acceptMs: number;
  private readonly sockets: NodeSockets;
  /** What nodes report is recorded in the order in which it came. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, bindings: object) {
    super(ctx, bindings);
    const env = parseEnv(bindings);
    this.deps = makeDeps(env);
    this.leaseMs = env.LEASE_MS;
    this.acceptMs = env.ACCEPT_MS;
    this.sockets = new NodeSockets(ctx);
    this.leases = new JobLeases(ctx.storage.sql);
    this.watch = new LeaseWatch(ctx.storage, env.LEASE_MS);
    this.pending = new PendingRequests({ timeoutMs: env.NODE_REQUEST_TIMEOUT_MS, max: LIMITS.nodeRequestsInFlight });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** The upgrade of a node that dials in. */
  override async fetch(request: Request): Promise<Response> {
    const node = request.headers.get(NODE_HEADER);
    if (!node || request.headers.get('Upgrade') !== 'websocket') return new Response(null, { status: 426 });
    this.ctx.storage.kv.put('node', node);
    for (const old of this.ctx.getWebSockets()) {
      sendFrame(old, { type: 'replaced' });
      close(old, LINK_CLOSES.replaced, 'the node has connected again');
    }
    this.pending.failAll('The node has connected again meanwhile. Try again.');
    this.leases.expectAnnouncements();

    const { 0: client, 1: server } = new WebSocketPair();
    const nowMs = this.deps.clock.nowMs();
    this.sockets.accept(server, nowMs);
    sendFrame(server, { type: 'welcome', version: LINK_VERSION, node, leaseMs: this.leaseMs });
    await this.arm(nowMs);
    this.inTurn(() => this.cameOrWent({ connected: true, lastSeenAt: nowMs }));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const answer = this.sockets.isKnown(socket) && typeof message === 'string' ? readAnswer(message) : undefined;
    if (answer) {
      this.pending.settle(answer.id, answer);
      return;
    }
    const attachment = this.sockets.attachmentOf(socket);
    if (!attachment || !this.sockets.isPresent(attachment)) return;
    const text = typeof message === 'string' && message.length <= LIMITS.frameBytes ? message : '';
    const frame = nodeFrameSchema.safeParse(parseJson(text));
    if (!frame.success) {
      this.sendAway(socket, frame.error);
      return;
    }
    // Answers are handed over before anything is awaited, reports one after the other: frames would overtake one another else.
    if (frame.data.type === 'response') {
      const { id, body, ...answer } = frame.data;
      this.pending.settle(id, { ...answer, body: JSON.stringify(body) });
      return;
    }
    const report = frame.data;
    this.inTurn(() => this.receive(socket, attachment, report));
  }

  override webSocketClose(socket: WebSocket): void {
    this.gone(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.gone(socket);
  }

  /** Watches the leases: a node that was stopped or cut off closes nothing, and one that takes no job may say nothing. */
  override async alarm(): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    const socket = this.sockets.present();
    const heardAtMs = this.sockets.heardAtMs(socket);
    if (this.watch.isOver(nowMs, heardAtMs)) {
      if (socket) {
        close(socket, LINK_CLOSES.silent, 'the node was silent for a lease');
        this.gone(socket);
      } else {
        this.inTurn(() => markNodeSeen(this.deps.db, this.node, { connected: false, lastSeenAt: heardAtMs }));
      }
      this.lose(this.leases.dropAll());
    } else {
      if (socket) this.inTurn(() => markNodeSeen(this.deps.db, this.node, { connected: true, lastSeenAt: heardAtMs }));
      this.takeBack(this.leases.dropUnaccepted(nowMs));
    }
    if (this.sockets.present() || this.leases.jobs().length > 0) await this.arm(nowMs);
    await this.last;
  }

  async relay(call: string, { method, path, body, deadlineMs }: RelayRequest): Promise<LinkResult<RelayResponse>> {
    const socket = this.sockets.present();
    if (!socket) return this.away();
    return this.pending.add(call, deadlineMs, (id, remainingMs) => {
      // The body is JSON already: parsing it here would only cost time.
      const head = JSON.stringify({ type: 'request', id, method, path, deadlineMs: remainingMs } satisfies EdgeFrame);
      const text = body === undefined ? head : `${head.slice(0, -1)},"body":${body}}`;
      if (text.length <= LIMITS.frameBytes / 3 || encoder.encode(text).length <= LIMITS.frameBytes) {
        sendText(socket, text);
        return;
      }
      const fix = 'Send fewer samples or candidates at once.';
      const error = { code: 'TOO_LARGE', message: `The request exceeds ${LIMITS.frameBytes} bytes. ${fix}` };
      const answer = { error: { ...error, requestId: call, retryable: false } };
      this.pending.settle(id, { status: 413, body: JSON.stringify(answer) });
    });
  }

  abort(call: string): void {
    const id = this.pending.abort(call);
    const socket = this.sockets.present();
    if (id !== undefined && socket) sendFrame(socket, { type: 'abort', id });
  }

  isFree(): boolean {
    const socket = this.sockets.present();
    return (
      socket !== undefined && this.sockets.attachmentOf(socket)?.announced === true && this.leases.jobs().length === 0
    );
  }

  async dispatch(job: Job): Promise<LinkResult<null>> {
    const socket = this.sockets.present();
    if (!socket || !this.sockets.attachmentOf(socket)?.announced) return this.away();
    const other = this.leases.jobs().find((lease) => lease.job !== job.id);
    if (other) return { ok: false, code: 'NODE_BUSY', message: `The node is at work on ${other.job}.` };
    const nowMs = this.deps.clock.nowMs();
    this.leases.take(job.id, job.fence, nowMs + this.acceptMs);
    sendFrame(socket, { type: 'job', job });
    await this.arm(nowMs);
    return { ok: true, value: null };
  }

  /** The node gets no other job until it has dropped this one, or a lease has passed. */
  async cancel(job: string, fence: number): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    if (this.leases.holds(job, fence)) this.leases.take(job, fence, nowMs + this.leaseMs);
    this.send({ type: 'cancel', job, fence });
    await this.arm(nowMs);
  }

  stop(job: string, fence: number): void {
    this.send({ type: 'stop', job, fence });
  }

  /** What became of an outcome; a job that is to be sent again is the node's once more. */
  verdict(job: string, fence: number, verdict: Verdict): void {
    if (verdict === 'retry' && this.sockets.present()) this.leases.take(job, fence, null);
    this.send({ type: 'verdict', job, fence, verdict });
  }

  holds(job: string, fence: number): boolean {
    return this.leases.holds(job, fence);
  }

  async remove(): Promise<void> {
    const socket = this.sockets.present();
    if (socket) close(socket, LINK_CLOSES.removed, 'the node was deleted or got a new secret');
    this.pending.failAll('The node was deleted.');
    this.lose(this.leases.dropAll());
    await this.last;
    await this.ctx.storage.deleteAlarm();
  }

  private async receive(socket: WebSocket, attachment: Attachment, frame: Report): Promise<void> {
    const { deps, node } = this;
    switch (frame.type) {
      case 'heartbeat': {
        const first = !attachment.announced;
        if (first) {
          attachment.announced = true;
          socket.serializeAttachment(attachment);
          for (const { job, fence } of this.leases.dropUnannounced()) await loseJob(deps, job, fence);
        }
        const lastSeenAt = deps.clock.nowMs();
        await markNodeSeen(deps.db, node, { connected: true, lastSeenAt, status: frame.status });
        if (first) {
          forgetRoutes();
          await assignJobs(deps, node);
        }
        break;
      }
      case 'accepted': {
        const { job, fence } = frame;
        const holds = await jobAccepted(deps, node, job, fence);
        // What it said on a connection before this one says nothing of what it has now.
        if (holds && this.sockets.isPresent(attachment)) this.leases.take(job, fence, null);
        else if (!holds) sendFrame(socket, { type: 'cancel', job, fence });
        break;
      }
      case 'declined': {
        const { job, fence, error } = frame;
        this.leases.release(job, fence);
        await jobDeclined(deps, node, job, fence, error);
        await assignJobs(deps);
        break;
      }
      case 'events': {
        const { job, fence, seq, events } = frame;
        const kept = await jobEvents(deps, job, fence, seq, events, this.leases.holds(job, fence));
        if (kept === null) sendFrame(socket, { type: 'cancel', job, fence });
        else sendFrame(socket, { type: 'acknowledged', job, fence, seq: kept });
        break;
      }
      case 'finished': {
        const { job, fence, outcome } = frame;
        const verdict = await recordOutcome(deps, node, job, fence, outcome);
        if (verdict !== 'retry') this.leases.release(job, fence);
        if (verdict) sendFrame(socket, { type: 'verdict', job, fence, verdict });
        await assignJobs(deps, node);
        break;
      }
    }
  }

  /** A frame that is not understood: one of the two ends is too old, and dialling again would change nothing. */
  private sendAway(socket: WebSocket, error: z.ZodError): void {
    const issue = error.issues[0]!;
    console.warn(JSON.stringify({ node: this.node, badFrame: `${issue.path.join('.')}: ${issue.message}` }));
    this.inTurn(() => setNeedsUpgrade(this.deps.db, this.node, true));
    close(socket, LINK_CLOSES.upgrade, `a frame was not understood; this edge speaks version ${LINK_VERSION}`);
    this.gone(socket);
  }

  private gone(socket: WebSocket): void {
    const attachment = this.sockets.attachmentOf(socket);
    if (!attachment || !this.sockets.isPresent(attachment)) return;
    const heardAtMs = this.sockets.keepHeard(socket);
    this.pending.failAll('The node has gone away meanwhile. Try again.');
    this.inTurn(() => this.cameOrWent({ connected: false, lastSeenAt: heardAtMs }));
  }

  private async cameOrWent(seen: { connected: boolean; lastSeenAt: number }): Promise<void> {
    await markNodeSeen(this.deps.db, this.node, seen);
    forgetRoutes();
  }

  private lose(leases: Lease[]): void {
    for (const { job, fence } of leases) this.inTurn(() => loseJob(this.deps, job, fence));
  }

  private takeBack(leases: Lease[]): void {
    const error = { code: 'NODE_TIMEOUT', message: `it has not said so within ${this.acceptMs / 1000} s.` } as const;
    for (const { job, fence } of leases) {
      this.send({ type: 'cancel', job, fence });
      this.inTurn(async () => {
        await jobDeclined(this.deps, this.node, job, fence, error);
        await assignJobs(this.deps);
      });
    }
  }

  private inTurn(report: () => Promise<unknown>): void {
    this.last = this.last.then(report).catch((error) => {
      console.error(JSON.stringify({ node: this.node, fault: faultOf(error) }));
    });
  }

  private arm(nowMs: number): Promise<void> {
    return this.watch.arm(nowMs, this.leases.nextAcceptByMs());
  }

  private send(frame: EdgeFrame): void {
    const socket = this.sockets.present();
    if (socket) sendFrame(socket, frame);
  }

  private away(): { ok: false; code: 'NODE_UNAVAILABLE'; message: string } {
    return { ok: false, code: 'NODE_UNAVAILABLE', message: 'The node is not connected. Start it with: tallrec serve.' };
  }

  private get node(): string {
    return this.ctx.storage.kv.get<string>('node') ?? 'unknown';
  }
}

const encoder = new TextEncoder();
