// By what this machine is known to an edge: a secret of its own, got once for a join token and kept where only its user can read it.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { idSchema } from '@tallrec/shared/ids';
import { drainSchema, NODE_DOORS, nodeSecretSchema } from '@tallrec/shared/wire/nodes';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';

const JOIN_TOKEN = 'tlr_join_';
const NODE_SECRET = 'tlr_node_';

const membershipSchema = z.object({
  edge: z.url(),
  node: idSchema('node'),
  secret: z.string().startsWith(NODE_SECRET),
  /** SHA-256 of the token that it was got for: given again, it is not exchanged again. */
  tokenSha256: z.string().nullable(),
  joinedAt: z.iso.datetime(),
});
export type Membership = z.infer<typeof membershipSchema>;

/** @throws TallrecError BAD_REQUEST where it is no URL */
export function parseEdgeUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new TallrecError('BAD_REQUEST', `"${text}" is no URL of an edge.`, { fix: 'Write it as https://….' });
}

export class Memberships {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = join(home, 'nodes');
  }

  #path(edge: string): string {
    const { hostname, port, protocol } = new URL(edge);
    const name = `${hostname}_${port || (protocol === 'https:' ? 443 : 80)}`;
    return join(this.#dir, `${name.replace(/[^A-Za-z0-9._-]/g, '-')}.json`);
  }

  async find(edge: string): Promise<Membership | undefined> {
    return await readMembership(this.#path(edge));
  }

  async list(): Promise<Membership[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json')).sort();
    const read = await Promise.all(files.map((name) => readMembership(join(this.#dir, name))));
    return read.filter((membership) => membership !== undefined);
  }

  async keep(membership: Membership): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeFileAtomically(this.#path(membership.edge), [JSON.stringify(membership)], 0o600);
  }

  async move(membership: Membership, edge: string): Promise<void> {
    await this.keep({ ...membership, edge });
    await rm(this.#path(membership.edge));
  }
}

/** For an edge that is reached by another URL than before, e.g. at another port: what this machine has of it stays true. */
export async function followEdge(home: string, edge: string): Promise<void> {
  const memberships = new Memberships(home);
  if (await memberships.find(edge)) return;
  const [known] = await memberships.list();
  if (known) await memberships.move(known, edge);
}

async function readMembership(path: string): Promise<Membership | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return membershipSchema.parse(JSON.parse(text));
  } catch (cause) {
    // Its content stays out of the message: it is a secret.
    throw new TallrecError('VALIDATION_FAILED', `${path} cannot be read: it is damaged, or of another version.`, {
      fix: 'Remove it, and join anew with a token of POST /v1/nodes/ID/token.',
      cause,
    });
  }
}

export interface MemberOptions {
  home: string;
  edge: string;
  /** A join token, or a node's secret itself. */
  token: string | undefined;
  nowMs: () => number;
  /** Before the edge is asked again where it could not be reached. */
  pauseMs?: number;
}

/**
 * The secret to dial with, as it is at each call: it may be rotated while the node runs. A join token is exchanged for it at the first
 * start; later starts need none.
 * @throws TallrecError which says how to get a token where there is none, or the edge does not take it
 */
export async function memberSecret(options: MemberOptions): Promise<() => Promise<string>> {
  const { home, edge, token } = options;
  if (token?.startsWith(NODE_SECRET)) return async () => token;
  const memberships = new Memberships(home);
  const kept = await memberships.find(edge);
  let last =
    token === undefined ? kept : kept?.tokenSha256 === sha256(token) ? kept : await joinEdge(options, memberships);
  if (!last) {
    throw new TallrecError('UNAUTHENTICATED', `This machine is not yet a node of ${edge}.`, {
      fix: 'Make a node with POST /v1/nodes, and give the token that it answers: tallrec serve --edge URL --token TOKEN.',
    });
  }
  return async () => {
    last = (await memberships.find(edge).catch(() => undefined)) ?? last;
    return last!.secret;
  };
}

async function joinEdge({ edge, token, nowMs, pauseMs }: MemberOptions, memberships: Memberships): Promise<Membership> {
  if (!token?.startsWith(JOIN_TOKEN)) {
    throw new TallrecError('TOKEN_INVALID', 'This is neither a join token nor the secret of a node.', {
      fix: `POST /v1/nodes answers a token, which begins with ${JOIN_TOKEN}; an API key is none.`,
    });
  }
  const { node, secret } = await post(edge, NODE_DOORS.join, token, nodeSecretSchema, { pauseMs });
  const joinedAt = new Date(nowMs()).toISOString();
  const membership = { edge, node, secret, tokenSha256: sha256(token), joinedAt };
  await memberships.keep(membership);
  return membership;
}

/** @returns the membership with its new secret, which is kept already; the old one holds until the new one is used */
export async function rotateSecret(memberships: Memberships, edge: string): Promise<Membership> {
  const kept = await requireMembership(memberships, edge);
  const { secret } = await post(edge, NODE_DOORS.rotate, kept.secret, nodeSecretSchema);
  const rotated = { ...kept, secret };
  await memberships.keep(rotated);
  return rotated;
}

export async function setDraining(memberships: Memberships, edge: string, draining: boolean): Promise<Membership> {
  const kept = await requireMembership(memberships, edge);
  await post(edge, NODE_DOORS.drain, kept.secret, drainSchema, { body: { draining } });
  return kept;
}

async function requireMembership(memberships: Memberships, edge: string): Promise<Membership> {
  const kept = await memberships.find(edge);
  if (kept) return kept;
  throw new TallrecError('NOT_FOUND', `This machine is not a node of ${edge}.`, {
    fix: '`tallrec node status` lists the edges that it is a node of.',
  });
}

async function post<T>(
  edge: string,
  path: string,
  bearer: string,
  schema: z.ZodType<T>,
  { body, pauseMs = 500 }: { body?: unknown; pauseMs?: number | undefined } = {},
): Promise<T> {
  const once = async () => {
    let response: Response;
    try {
      response = await fetch(new URL(path, edge), {
        method: 'POST',
        headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      const { message, cause } = error as Error;
      const words = cause instanceof Error ? cause.message : message;
      throw new TallrecError('UNAVAILABLE', `The edge at ${edge} cannot be reached: ${words}.`, { cause: error });
    }
    if (response.ok) return schema.parse(await response.json());
    const parsed = errorBodySchema.safeParse(await response.json().catch(() => undefined));
    const { code, message } = parsed.data?.error ?? {
      code: 'UNAVAILABLE' as const,
      message: `It answered ${response.status}.`,
    };
    const error = new TallrecError(code, `The edge at ${edge} refused this node: ${message}`);
    throw error.retryable ? error : new AbortError(error);
  };
  return await pRetry(once, { retries: 4, minTimeout: pauseMs, randomize: true });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
