import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EdgeFiles } from './edge-files.ts';

const FAST = { minPauseMs: 5, retries: 3 };
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

let dir: string;
let server: Server;
let url: string;
let requests: string[];
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'files-'));
  requests = [];
  server = createServer((request, response) => {
    const { range } = request.headers;
    requests.push(`${request.method} ${request.url}${range ? ` ${range}` : ''}`);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const refuse = (response: ServerResponse, status: number, code: string) =>
  response.writeHead(status).end(JSON.stringify({ error: { code, message: 'no', requestId: 'r', retryable: false } }));

/** Answers with the part of `content` that was asked for, as R2 does behind the edge. */
function give(
  content: string,
  { headers }: IncomingMessage,
  response: ServerResponse,
  { etag = '"1"', breakAfter = 0 } = {},
) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const partial = first !== undefined && [undefined, etag].includes(headers['if-range'] as string | undefined);
  if (partial && Number(first) >= content.length) return refuse(response, 416, 'RANGE_NOT_SATISFIABLE');
  const part = partial ? content.slice(Number(first), last ? Number(last) + 1 : undefined) : content;
  response.writeHead(partial ? 206 : 200, { 'Content-Length': part.length, ETag: etag });
  if (breakAfter) return response.write(part.slice(0, breakAfter), () => setTimeout(() => response.destroy(), 30));
  return response.end(part);
}

describe('files from the edge', () => {
  const content = Array.from({ length: 50_000 }, (_, row) => `row ${row}\n`).join('');

  it('are whole though connections break, and go on where they broke off', async () => {
    handle = (request, response) => give(content, request, response, { breakAfter: requests.length < 3 ? 1000 : 0 });
    const target = join(dir, 'rows');
    const { sha256: hash, bytes } = await new EdgeFiles(url).download('/d', target, FAST);
    expect({ hash, bytes }).toEqual({ hash: sha256(content), bytes: content.length });
    expect(requests).toEqual(['GET /d', 'GET /d bytes=1000-', 'GET /d bytes=2000-']);
    expect(await readFile(target, 'utf8')).toBe(content);
    expect(await readdir(dir)).toEqual(['rows']);
  });

  it('are never sewn together from two files', async () => {
    const other = content.replaceAll('row', 'ROW');
    handle = (request, response) =>
      requests.length === 1
        ? give(content, request, response, { breakAfter: 1000 })
        : give(other, request, response, { etag: '"2"' });
    await new EdgeFiles(url).download('/d', join(dir, 'rows'), FAST);
    expect(await readFile(join(dir, 'rows'), 'utf8')).toBe(other);
  });

  it('begin anew where the edge names no version, and where all had come when the connection broke', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      if (requests.length === 1) response.write(content.slice(0, 1000), () => setTimeout(() => response.destroy(), 30));
      else response.end(content);
    };
    await new EdgeFiles(url).download('/d', join(dir, 'rows'), FAST);
    expect(requests).toEqual(['GET /d', 'GET /d']);
    handle = (request, response) =>
      requests.length === 3
        ? response.writeHead(200, { ETag: '"1"' }).write('ab', () => setTimeout(() => response.destroy(), 30))
        : give('ab', request, response);
    await new EdgeFiles(url).download('/e', join(dir, 'short'), FAST);
    expect(requests.slice(2)).toEqual(['GET /e', 'GET /e bytes=2-', 'GET /e']);
    expect(await readFile(join(dir, 'short'), 'utf8')).toBe('ab');
  });

  it('can be a part of one, which goes on alike', async () => {
    handle = (request, response) => give(content, request, response, { breakAfter: requests.length < 2 ? 100 : 0 });
    const target = join(dir, 'rows');
    const range = { offset: 500, bytes: 300 };
    await new EdgeFiles(url).download('/d', target, { ...FAST, range });
    expect(requests).toEqual(['GET /d bytes=500-799', 'GET /d bytes=600-799']);
    expect(await readFile(target, 'utf8')).toBe(content.slice(500, 800));
  });

  it('have the checksum that was named, or come again', async () => {
    handle = (request, response) => give(requests.length < 2 ? 'bad' : 'good', request, response);
    const file = await new EdgeFiles(url).download('/d', join(dir, 'x'), { ...FAST, sha256: sha256('good') });
    expect(file.bytes).toBe(4);
    handle = (request, response) => give('bad', request, response);
    const download = new EdgeFiles(url).download('/d', join(dir, 'y'), { ...FAST, sha256: sha256('good') });
    await expect(download).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(await readdir(dir)).toEqual(['x']);
  });

  it('are not asked for again when the edge says no, and leave nothing behind', async () => {
    handle = (_request, response) => refuse(response, 404, 'NOT_FOUND');
    await expect(new EdgeFiles(url).download('/d', join(dir, 'x'), FAST)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(requests).toHaveLength(1);
    expect(await readdir(dir)).toEqual([]);
  });

  it('say that the edge is out of reach when it stays so', async () => {
    server.closeAllConnections();
    server.close();
    const download = new EdgeFiles(url).download('/d', join(dir, 'x'), FAST);
    await expect(download).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE', message: /ECONNREFUSED/ });
  });

  it('come from the edge and nowhere else', async () => {
    const elsewhere = new EdgeFiles(url).download('//elsewhere.test/d', join(dir, 'x'));
    await expect(elsewhere).rejects.toThrow(/not the edge/);
  });

  it('are bounded', async () => {
    handle = (_request, response) => response.end('x'.repeat(100));
    const download = new EdgeFiles(url).download('/d', join(dir, 'x'), { ...FAST, maxBytes: 99 });
    await expect(download).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('files to the edge', () => {
  const PART_BYTES = 4;
  const UPLOAD = `up_${'0'.repeat(26)}`;
  let parts: Map<number, { length: string | undefined; hash: unknown; coding: unknown; body: string }>;
  let announced: unknown[];
  let completed: unknown[];
  /** Answers in place of the edge, for one request. */
  let fault: ((request: string, response: ServerResponse) => boolean) | undefined;

  beforeEach(() => {
    [parts, announced, completed, fault] = [new Map(), [], [], undefined];
    handle = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (fault?.(requests.at(-1)!, response)) return;
        const body = Buffer.concat(chunks).toString();
        if (request.method === 'PUT') {
          const { 'content-length': length, 'x-content-sha256': hash, 'transfer-encoding': coding } = request.headers;
          parts.set(Number(request.url!.split('/').at(-1)), { length, hash, coding, body });
          response.end('{}');
        } else if (request.url!.endsWith('/complete')) {
          completed.push(JSON.parse(body));
          response.end('{}');
        } else {
          const asked = JSON.parse(body);
          announced.push(asked);
          const missing = Array.from({ length: Math.ceil(asked.bytes / PART_BYTES) }, (_, index) => index + 1)
            .filter((part) => !parts.has(part))
            .map((part) => ({
              part,
              bytes: Math.min(PART_BYTES, asked.bytes - (part - 1) * PART_BYTES),
              path: `/u/${part}`,
            }));
          const done = completed.length > 0;
          response.end(JSON.stringify({ upload: UPLOAD, done, partBytes: PART_BYTES, parts: missing }));
        }
      });
    };
  });
  const send = async (text: string) => {
    const source = join(dir, 'source');
    await writeFile(source, text);
    await new EdgeFiles(url).upload('/results/token', 'report.json', source, FAST);
  };

  it('are announced, sent in parts with their lengths and checksums, and completed', async () => {
    await send('0123456789');
    expect(announced).toEqual([{ file: 'report.json', bytes: 10, sha256: sha256('0123456789') }]);
    const bodies = ['0123', '4567', '89'];
    expect([...parts.values()]).toEqual(
      bodies.map((body) => ({ length: String(body.length), hash: sha256(body), coding: undefined, body })),
    );
    expect(completed).toEqual([{ upload: UPLOAD }]);
    expect(requests.at(-1)).toBe('POST /results/token/complete');
  });

  it('go on with the parts that have not arrived, after a fault of the network or of the edge', async () => {
    const faults = ['PUT /u/2', 'PUT /u/3', 'POST /results/token/complete'];
    fault = (request, response) => {
      if (request !== faults[0]) return false;
      faults.shift();
      if (request === 'PUT /u/2') response.destroy();
      else response.writeHead(503).end('{}');
      return true;
    };
    await send('0123456789');
    expect(requests.filter((line) => line.startsWith('PUT'))).toEqual(
      ['1', '2', '2', '3', '3'].map((part) => `PUT /u/${part}`),
    );
    expect(completed).toHaveLength(1);
  });

  it('that are there already are not sent again', async () => {
    await send('0123');
    await send('0123');
    expect(requests.slice(3)).toEqual(['POST /results/token']);
  });

  it('may be empty', async () => {
    await send('');
    expect(announced).toEqual([{ file: 'report.json', bytes: 0, sha256: sha256('') }]);
    expect(completed).toHaveLength(1);
  });

  it('that were damaged since they were made are not sent', async () => {
    const source = join(dir, 'source');
    await writeFile(source, 'damaged');
    const upload = new EdgeFiles(url).upload('/results/token', 'report.json', source, { sha256: sha256('whole') });
    await expect(upload).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /report\.json has been damaged/ });
    expect(requests).toEqual([]);
  });

  it('are not sent again under a stale fence', async () => {
    fault = (_request, response) => {
      refuse(response, 409, 'STALE_FENCE');
      return true;
    };
    await expect(send('bytes')).rejects.toMatchObject({ code: 'STALE_FENCE' });
    expect(requests).toHaveLength(1);
  });
});
