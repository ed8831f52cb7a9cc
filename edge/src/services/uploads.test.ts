import { env } from 'cloudflare:workers';
import { LIMITS } from '@tallrec/shared/limits';
import { describe, expect, it } from 'vitest';
import { makeDeps } from '../compose.ts';
import { parseEnv } from '../env.ts';
import { findUpload, listUploadsOf } from '../repo/uploads.ts';
import { sha256 } from '../testing/datasets.ts';
import { failing } from '../testing/failing.ts';
import { receivePart } from './transfers.ts';
import { announcedView, completeUpload, dropUpload, openUpload, partSizes, uploadView } from './uploads.ts';

const deps = makeDeps(parseEnv(env));
const WORKSPACE = 'ws_uploads';
const ORIGIN = 'https://edge.test';
const LARGE = LIMITS.uploadPartBytes + 1000;

const bytesOf = (length: number, fill = 7) => new Uint8Array(length).fill(fill);
let places = 0;
const announced = (bytes: number, more = {}) => {
  const key = `ws/${WORKSPACE}/tried/${++places}`;
  return { workspace: WORKSPACE, key, subject: `tried_${places}`, bytes, ...more };
};
const send = async (upload: string, part: number, bytes: Uint8Array, digest?: string, tried = deps) =>
  await receivePart(
    tried,
    { upload, part },
    { contentLength: String(bytes.length), sha256: digest, body: new Blob([bytes]).stream() },
  );
const stored = async (key: string) => (await env.BUCKET.get(key))?.bytes();
const refused = (code: string) => expect.objectContaining({ code });

describe('an upload', () => {
  it('never asks for a body that a platform refuses', () => {
    for (const bytes of [
      1,
      LIMITS.singleUploadBytes,
      LARGE,
      LIMITS.adapterBytes,
      LIMITS.uploadBytes,
      LIMITS.resultBytes,
    ]) {
      const parts = partSizes(bytes);
      expect(Math.max(...parts.map((part) => part.bytes))).toBeLessThanOrEqual(95_000_000);
      expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
      expect(parts.length).toBeLessThanOrEqual(10_000);
      for (const part of parts.slice(0, -1)) expect(part.bytes).toBeGreaterThanOrEqual(LIMITS.minUploadPartBytes);
    }
  });

  it('is the same when it is announced again, with what has arrived; another file takes its place', async () => {
    const file = announced(10);
    const first = await openUpload(deps, file);
    expect(await uploadView(deps, first, ORIGIN)).toMatchObject({ mode: 'single', received: false });
    await send(first.id, 1, bytesOf(10));
    const again = await openUpload(deps, file);
    expect(again.id).toBe(first.id);
    expect(await uploadView(deps, again, ORIGIN)).toMatchObject({ mode: 'single', received: true });
    const other = await openUpload(deps, { ...file, bytes: 11 });
    expect(other.id).not.toBe(first.id);
    expect(await stored(file.key)).toBeUndefined();
    await expect(send(first.id, 1, bytesOf(10))).rejects.toEqual(refused('NOT_FOUND'));
    expect(await listUploadsOf(deps.db, WORKSPACE, file.subject)).toHaveLength(1);
  });

  it('counts no part whose bytes differ from their SHA-256, and forgets the one that they wrote over', async () => {
    const whole = bytesOf(LARGE);
    const { id, key } = await openUpload(deps, announced(LARGE, { sha256: await sha256(whole) }));
    const [one, two] = [whole.subarray(0, LIMITS.uploadPartBytes), whole.subarray(LIMITS.uploadPartBytes)];
    expect(await send(id, 2, two, await sha256(two))).toMatchObject({
      part: 2,
      bytes: 1000,
      sha256: await sha256(two),
    });
    await expect(send(id, 2, bytesOf(1000, 8), await sha256(two))).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
    expect((await findUpload(deps.db, id))!.parts).toEqual([]);
    await send(id, 1, one, await sha256(one));
    const upload = (await findUpload(deps.db, id))!;
    expect((await announcedView(deps, upload)).parts.map(({ part }) => part)).toEqual([2]);
    await expect(completeUpload(deps, upload)).rejects.toMatchObject({
      code: 'ILLEGAL_STATE',
      details: { missing: [2] },
    });

    await send(id, 2, two);
    const dead = { ...deps, db: failing(deps.db, () => true) };
    await expect(completeUpload(dead, (await findUpload(deps.db, id))!)).rejects.toThrow('internal error');
    for (const _ of ['after the parts were put together', 'again']) {
      await completeUpload(deps, (await findUpload(deps.db, id))!);
    }
    expect((await env.BUCKET.head(key))!.size).toBe(LARGE);
    expect(await announcedView(deps, (await findUpload(deps.db, id))!)).toMatchObject({ done: true, parts: [] });
    await expect(send(id, 2, two)).rejects.toEqual(refused('ILLEGAL_STATE'));
  });

  it('of parts whose whole is not what was announced is to be sent again', async () => {
    const { id, key } = await openUpload(deps, announced(LARGE, { sha256: '0'.repeat(64) }));
    // Both find no multipart upload and begin one.
    await Promise.all([send(id, 1, bytesOf(LIMITS.uploadPartBytes)), send(id, 2, bytesOf(1000))]);
    expect((await findUpload(deps.db, id))!.parts).toHaveLength(2);
    await expect(completeUpload(deps, (await findUpload(deps.db, id))!)).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
    expect(await env.BUCKET.head(key)).toBeNull();
    expect(await findUpload(deps.db, id)).toMatchObject({ state: 'open', uploadId: null, parts: [] });
  });

  it('of one piece is checked by R2 itself', async () => {
    const right = bytesOf(100);
    const { id, key } = await openUpload(deps, announced(100, { sha256: await sha256(right) }));
    await expect(send(id, 1, bytesOf(100, 8))).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
    await expect(send(id, 1, right, '0'.repeat(64))).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
    expect(await stored(key)).toBeUndefined();
    await send(id, 1, right);
    await completeUpload(deps, (await findUpload(deps.db, id))!);
    expect(await stored(key)).toEqual(right);
  });

  it('whose bytes were written over meanwhile is to be sent again', async () => {
    const { id, key } = await openUpload(deps, announced(10));
    await send(id, 1, bytesOf(10));
    await env.BUCKET.put(key, bytesOf(10, 9));
    await expect(completeUpload(deps, (await findUpload(deps.db, id))!)).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
    await send(id, 1, bytesOf(10));
    await completeUpload(deps, (await findUpload(deps.db, id))!);
    expect(await stored(key)).toEqual(bytesOf(10));
  });

  it('may be of an empty file', async () => {
    const { id, key } = await openUpload(deps, announced(0, { sha256: await sha256(bytesOf(0)) }));
    const upload = (await findUpload(deps.db, id))!;
    expect(await announcedView(deps, upload)).toMatchObject({ done: false, parts: [] });
    await completeUpload(deps, upload);
    expect((await env.BUCKET.head(key))!.size).toBe(0);
    const wrong = await openUpload(deps, announced(0, { sha256: '0'.repeat(64) }));
    await expect(completeUpload(deps, wrong)).rejects.toEqual(refused('CHECKSUM_MISMATCH'));
  });

  it('that breaks off counts for nothing; a fault of the storage is thrown as it is', async () => {
    const { id } = await openUpload(deps, announced(100));
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const broken = receivePart(
      deps,
      { upload: id, part: 1 },
      { contentLength: '100', sha256: undefined, body: readable },
    );
    const both = Promise.all([expect(broken).rejects.toEqual(refused('BAD_REQUEST')), writer.write(bytesOf(10))]);
    await writer.abort(new Error('gone')).catch(() => undefined);
    await both.catch((error) => {
      if (!String(error).includes('gone')) throw error;
    });
    const dead = { ...deps, bucket: failing(deps.bucket, () => true) };
    await expect(send(id, 1, bytesOf(100), undefined, dead)).rejects.toThrow('internal error');
    expect((await findUpload(deps.db, id))!.parts).toEqual([]);
  });

  it('leaves nothing behind when it is dropped, in the middle of it too', async () => {
    const file = announced(LARGE);
    const opened = await openUpload(deps, file);
    await send(opened.id, 2, bytesOf(1000));
    const upload = (await findUpload(deps.db, opened.id))!;
    await dropUpload(deps, upload);
    await expect(env.BUCKET.resumeMultipartUpload(file.key, upload.uploadId!).uploadPart(1, 'x')).rejects.toThrow(
      '10024',
    );
    expect(await findUpload(deps.db, opened.id)).toBeUndefined();

    const single = announced(10);
    const { id } = await openUpload(deps, single);
    const slow = new IdentityTransformStream();
    const writer = slow.writable.getWriter();
    const late = receivePart(
      deps,
      { upload: id, part: 1 },
      { contentLength: '10', sha256: undefined, body: slow.readable },
    );
    const lateRefused = expect(late).rejects.toEqual(refused('ILLEGAL_STATE'));
    await writer.write(bytesOf(5));
    await dropUpload(deps, (await findUpload(deps.db, id))!);
    await writer.write(bytesOf(5));
    await writer.close();
    await lateRefused;
    expect(await stored(single.key)).toBeUndefined();
  });
});
