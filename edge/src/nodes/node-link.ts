// One object a node: holds the edge's end of its WebSocket, relays requests, keeps the lease on its job, and records what it reports.
import { DurableObject } from 'cloudflare:workers';
import { LIMITS } from '@tallrec/shared/limits';
import {
  type EdgeFrame,
  type Job,
  LINK_VERSION,
  type NodeFrame,
  nodeFrameSchema,
  PING,
  PONG,
} from '@tallrec/shared/wire/link';
import { z } from 'zod';
import { type Deps, makeDeps } from '../deps.ts';
import { parseEnv } from '../env.ts';
import { faultOf } from '../faults.ts';
import { onAccepted } from '../services/jobs/accepted.ts';
import { recordProgress } from '../services/jobs/progress.ts';
import { recordOutcome } from '../services/jobs/record.ts';
import { wakeJob, wakeQueueFor } from '../services/jobs/wake.ts';
import { noteNode } from '../services/nodes/note.ts';
import { JobLeases } from './job-leases.ts';
import { LeaseWatch } from './lease-watch.ts';
import { type LinkResult, NODE_HEADER, type RelayRequest, type RelayResponse } from './link-client.ts';
import { PendingRequests } from './pending.ts';

const CLOSE_REPLACED = 4001;
const CLOSE_REMOVED = 4003;
const CLOSE_SILENT = 4008;
const CLOSE_BAD_FRAME = 1008;

/** What a socket remembers through hibernation. */
const attachmentSchema = z.object({
  connection: z.number().int(),
  connectedAtMs: z.number(),
  /** Whether it has said, by its first heartbeat, which jobs it has. */
  announced: z.boolean(),
});
type Attachment = z.infer<typeof attachmentSchema>;

export class NodeLink extends DurableObject<object> {
  private readonly deps: Deps;
  private readonly leases: JobLeases;
  private readonly watch: LeaseWatch;
  private readonly pending: PendingRequests;
  private readonly leaseMs: number;
  /** What nodes report is recorded in the order in which it came. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, bindings: object) {
    super(ctx, bindings);
    const env = parseEnv(bindings);
    this.deps = makeDeps(env);
    this.leaseMs = env.LEASE_MS;
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
    const connection = (this.ctx.storage.kv.get<number>('connection') ?? 0) + 1;
    this.ctx.storage.kv.put('connection', connection);
    for (const old of this.ctx.getWebSockets()) {
      sendFrame(old, { type: 'replaced' });
      close(old, CLOSE_REPLACED, 'the node has connected again');
    }
    this.pending.failAll('The node has connected again meanwhile. Try again.');
    this.leases.expectAnnouncements();

    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const nowMs = this.deps.clock.nowMs();
    server.serializeAttachment({ connection, connectedAtMs: nowMs, announced: false } satisfies Attachment);
    sendFrame(server, { type: 'welcome', version: LINK_VERSION, node, leaseMs: this.leaseMs });
    await this.watch.arm(nowMs);
    this.inTurn(() => noteNode(this.deps, node, { connected: true }));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const attachment = this.attachmentOf(socket);
    if (!attachment || attachment.connection !== this.ctx.storage.kv.get<number>('connection')) return;
    const text = typeof message === 'string' && message.length <= LIMITS.frameBytes ? message : '';
    const frame = nodeFrameSchema.safeParse(parseJson(text));
    if (!frame.success) {
      const issue = frame.error.issues[0]!;
      console.warn(JSON.stringify({ node: this.node, badFrame: `${issue.path.join('.')}: ${issue.message}` }));
      close(socket, CLOSE_BAD_FRAME, 'a frame was not understood');
      return;
    }
    // Answers are handed over before anything is awaited, reports one after the other: frames would overtake one another else.
    if (frame.data.type === 'response') {
      const { id, status, body } = frame.data;
      this.pending.settle(id, { status, body: JSON.stringify(body) });
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

  /** Watches the lease: a node that was stopped or cut off closes nothing. */
  override async alarm(): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    const socket = this.socket();
    const heardAtMs = this.heardAtMs(socket);
    if (this.watch.isOver(nowMs, heardAtMs)) {
      if (socket) {
        close(socket, CLOSE_SILENT, 'the node was silent for a lease');
        this.gone(socket);
      } else {
        this.inTurn(() => noteNode(this.deps, this.node, { connected: false }));
      }
      this.dropJobs(this.leases.dropAll());
    } else if (socket) {
      this.inTurn(() => noteNode(this.deps, this.node, { connected: true, lastSeenAt: heardAtMs }));
      // A wake may have been lost with a server that was killed; without a cron trigger nothing else would look.
      if (this.isFree()) this.inTurn(() => wakeQueueFor(this.deps, this.node));
    }
    if (this.socket() || this.leases.jobs().length > 0) await this.watch.arm(nowMs);
    await this.last;
  }

  async relay({ method, path, body }: RelayRequest): Promise<LinkResult<RelayResponse>> {
    const socket = this.socket();
    if (!socket) return this.away();
    const head = JSON.stringify({ type: 'request', id: 0, method, path });
    if (head.length + 32 + new TextEncoder().encode(body ?? '').length > LIMITS.frameBytes) {
      const message = `The request exceeds ${LIMITS.frameBytes} bytes. Send fewer samples or candidates at once.`;
      return { ok: false, code: 'TOO_LARGE', message };
    }
    return this.pending.add((id) => {
      sendFrame(socket, {
        type: 'request',
        id,
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.parse(body) }),
      });
    });
  }

  dispatch(job: Job): LinkResult<null> {
    const socket = this.socket();
    if (!socket || !this.attachmentOf(socket)?.announced) return this.away();
    const other = this.leases.jobs().find((lease) => lease.job !== job.id);
    if (other) return { ok: false, code: 'NODE_BUSY', message: `The node is at work on ${other.job}.` };
    this.leases.take(job.id, job.fence);
    sendFrame(socket, { type: 'job', job });
    return { ok: true, value: null };
  }

  cancel(job: string, fence: number): void {
    const socket = this.socket();
    if (socket) sendFrame(socket, { type: 'cancel', job, fence });
  }

  holds(job: string, fence: number): boolean {
    return this.leases.holds(job, fence);
  }

  isFree(): boolean {
    const socket = this.socket();
    return socket !== undefined && this.attachmentOf(socket)?.announced === true && this.leases.jobs().length === 0;
  }

  async remove(): Promise<void> {
    const socket = this.socket();
    if (socket) close(socket, CLOSE_REMOVED, 'the node was deleted');
    this.pending.failAll('The node was deleted.');
    this.dropJobs(this.leases.dropAll());
    await this.last;
    await this.ctx.storage.deleteAlarm();
  }

  private async receive(
    socket: WebSocket,
    attachment: Attachment,
    frame: Exclude<NodeFrame, { type: 'response' }>,
  ): Promise<void> {
    const { deps, node } = this;
    switch (frame.type) {
      case 'heartbeat': {
        const first = !attachment.announced;
        if (first) {
          attachment.announced = true;
          socket.serializeAttachment(attachment);
          this.dropJobs(this.leases.dropUnannounced());
        }
        await noteNode(deps, node, { connected: true, status: frame.status });
        if (first) await wakeQueueFor(deps, node);
        break;
      }
      case 'accepted': {
        const holds = await onAccepted(deps, node, frame.job, frame.fence);
        if (holds) this.leases.take(frame.job, frame.fence);
        else sendFrame(socket, { type: 'cancel', job: frame.job, fence: frame.fence });
        break;
      }
      case 'progress':
        if (
          !this.leases.holds(frame.job, frame.fence) ||
          !(await recordProgress(deps, frame.job, frame.fence, frame.progress))
        ) {
          sendFrame(socket, { type: 'cancel', job: frame.job, fence: frame.fence });
        }
        break;
      case 'finished': {
        // A lease that was dropped and not yet acted on holds again: the outcome is worth more than another try.
        await recordOutcome(deps, node, frame.job, frame.fence, frame.outcome);
        this.leases.release(frame.job, frame.fence);
        sendFrame(socket, { type: 'recorded', job: frame.job, fence: frame.fence });
        await wakeJob(deps, frame.job);
        await wakeQueueFor(deps, node);
        break;
      }
    }
  }

  private gone(socket: WebSocket): void {
    if (this.attachmentOf(socket)?.connection !== this.ctx.storage.kv.get<number>('connection')) return;
    this.ctx.storage.kv.put('heardAtMs', this.heardAtMs(socket));
    this.pending.failAll('The node has gone away meanwhile. Try again.');
    this.inTurn(() => noteNode(this.deps, this.node, { connected: false }));
  }

  private dropJobs(jobs: string[]): void {
    for (const job of jobs) this.inTurn(() => wakeJob(this.deps, job));
  }

  private inTurn(report: () => Promise<unknown>): void {
    this.last = this.last.then(report).catch((error) => {
      console.error(JSON.stringify({ node: this.node, fault: faultOf(error) }));
    });
  }

  /** The socket of the present connection while it is open: one that is closed stays listed. */
  private socket(): WebSocket | undefined {
    const connection = this.ctx.storage.kv.get<number>('connection');
    return this.ctx
      .getWebSockets()
      .find((socket) => socket.readyState === WebSocket.OPEN && this.attachmentOf(socket)?.connection === connection);
  }

  private heardAtMs(socket: WebSocket | undefined): number {
    if (!socket) return this.ctx.storage.kv.get<number>('heardAtMs') ?? 0;
    const answeredAtMs = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return Math.max(answeredAtMs, this.attachmentOf(socket)?.connectedAtMs ?? 0);
  }

  private attachmentOf(socket: WebSocket): Attachment | undefined {
    return attachmentSchema.safeParse(socket.deserializeAttachment()).data;
  }

  private away(): { ok: false; code: 'NODE_UNAVAILABLE'; message: string } {
    return { ok: false, code: 'NODE_UNAVAILABLE', message: 'The node is not connected. Start it with: tallrec serve.' };
  }

  private get node(): string {
    return this.ctx.storage.kv.get<string>('node') ?? 'unknown';
  }
}

function sendFrame(socket: WebSocket, frame: EdgeFrame): void {
  try {
    socket.send(JSON.stringify(frame));
  } catch {
    // It closed at this moment: webSocketClose follows and settles what waits.
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Closed already.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
