// What a signed path permits: the token in it is the permission, whoever brings it.
import { TallrecError } from '@tallrec/shared/errors';
import { type Grant, verifyGrant } from '@tallrec/shared/signing';
import type { AnnouncedResult, AnnounceResult } from '@tallrec/shared/wire/uploads';
import type { Deps } from '../deps.ts';
import { fenceHolds, findUpload, workspaceOfFence } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { serveObject } from '../storage/serve-object.ts';
import { completeUpload } from './uploads/complete.ts';
import { openUpload } from './uploads/open.ts';
import { type Incoming, receivePart, type StoredPart } from './uploads/receive.ts';
import { announcedView } from './uploads/view.ts';

type TransferDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'signing' | 'newId'>;

const PURPOSES: Record<Grant['op'], { for: string; fix: string }> = {
  'put-part': { for: 'sending a part of a file', fix: 'Use PUT.' },
  get: { for: 'reading', fix: 'Use GET.' },
  'get-input': { for: 'reading', fix: 'Use GET.' },
  'put-results': { for: 'announcing the results of a job', fix: 'Use POST.' },
};

async function granted<Op extends Grant['op']>(
  deps: TransferDeps,
  token: string,
  ...ops: Op[]
): Promise<Extract<Grant, { op: Op }>> {
  const grant = await verifyGrant(token, deps.signing, deps.clock.nowMs());
  if ((ops as Grant['op'][]).includes(grant.op)) return grant as Extract<Grant, { op: Op }>;
  const purpose = PURPOSES[grant.op];
  throw new TallrecError('FORBIDDEN', `This signed URL is for ${purpose.for}.`, { fix: purpose.fix });
}

function stale(job: string): TallrecError {
  return new TallrecError('STALE_FENCE', `The job ${job} is over, or has been given to another run since.`, {
    fix: 'Drop this run.',
  });
}

/** @throws TallrecError as `receivePart`, TOKEN_INVALID, TOKEN_EXPIRED, FORBIDDEN */
export async function putPart(deps: TransferDeps, token: string, incoming: Incoming): Promise<StoredPart> {
  return await receivePart(deps, await granted(deps, token, 'put-part'), incoming);
}

/**
 * Whole, a range, or nothing new: see `serveObject`.
 * @throws TallrecError NOT_FOUND, RANGE_NOT_SATISFIABLE, PRECONDITION_FAILED, STALE_FENCE, TOKEN_INVALID, TOKEN_EXPIRED, FORBIDDEN
 */
export async function readTransfer(deps: TransferDeps, token: string, headers: Headers): Promise<Response> {
  const grant = await granted(deps, token, 'get', 'get-input');
  if (grant.op === 'get-input' && !(await fenceHolds(deps.db, grant.job, grant.fence))) throw stale(grant.job);
  return await serveObject(deps.bucket, grant.key, headers, { filename: grant.key.split('/').at(-1)! });
}

/**
 * What a node is about to send of a run. The place is made of the job and the run that the path was signed for, never of words of
 * the node's own but the file's name; announcing it again tells what is still lacking.
 */
export async function announceResult(
  deps: TransferDeps,
  token: string,
  { file, bytes, sha256 }: AnnounceResult,
): Promise<AnnouncedResult> {
  const { job, fence } = await granted(deps, token, 'put-results');
  const workspace = await workspaceOfFence(deps.db, job, fence);
  if (workspace === undefined) throw stale(job);
  const key = places.jobResult(workspace, job, fence, file);
  return await announcedView(deps, await openUpload(deps, { workspace, key, subject: job, fence, bytes, sha256 }));
}

/** @throws TallrecError as `completeUpload`; NOT_FOUND for an upload of anything else than this run */
export async function completeResult(deps: TransferDeps, token: string, id: string): Promise<AnnouncedResult> {
  const { job, fence } = await granted(deps, token, 'put-results');
  if (!(await fenceHolds(deps.db, job, fence))) throw stale(job);
  const upload = await findUpload(deps.db, id);
  if (!upload || upload.subject !== job || upload.fence !== fence) {
    throw new TallrecError('NOT_FOUND', `This run has announced no upload ${id}.`, { fix: 'Announce the file again.' });
  }
  await completeUpload(deps, upload);
  return await announcedView(deps, { ...upload, state: 'complete' });
}
