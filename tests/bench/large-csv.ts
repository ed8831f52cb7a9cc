// How the edge takes a large CSV: time of upload and validation, and memory of workerd, against a local `wrangler dev`.
// Run: node tests/bench/large-csv.ts [megabytes] [csv|jsonl]
import { setTimeout as sleep } from 'node:timers/promises';
import { createdDatasetSchema, datasetSchema } from '@tallrec/shared/wire/datasets';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import { EdgeClient } from '../../gpu-node/src/dev/edge-client.ts';
import { startInspectedEdge } from './inspected-edge.ts';

const megabytes = Number(process.argv[2] ?? 100);
const format = process.argv[3] ?? 'csv';

function ratings(bytes: number): Buffer {
  const pieces: string[] = format === 'csv' ? ['userId,movieId,title,rating,timestamp\n'] : [];
  let size = pieces.join('').length;
  for (let row = 0; size < bytes; row++) {
    const user = 1 + Math.floor(row / 50);
    const movie = (row * 7919) % 60_000;
    const title = movie % 4 === 0 ? `Film, The No. ${movie} (1999)` : `Film Number ${movie} (1999)`;
    const rating = ((row % 10) + 1) / 2;
    const time = 1_000_000_000 + row;
    const piece =
      format === 'csv'
        ? `${user},${movie},"${title}",${rating},${time}\n`
        : `${JSON.stringify({ user: String(user), item: String(movie), title, rating, time })}\n`;
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.from(pieces.join(''));
}

const file = ratings(megabytes * 1e6);
const edge = await startInspectedEdge();
try {
  const operator = new EdgeClient(edge.url, edge.operatorSecret);
  const { key } = await operator.post('/v1/workspaces', { name: 'bench' }, createdWorkspaceSchema);
  const client = new EdgeClient(edge.url, key);
  const idleMiB = edge.workerdMiB('VmRSS');
  const request = { name: 'bench', kind: 'interactions', format, bytes: file.length };
  const { dataset, upload } = await client.post('/v1/datasets', request, createdDatasetSchema);
  const uploadFrom = performance.now();
  const parts = upload.mode === 'single' ? [{ part: 1, url: upload.url, bytes: file.length }] : upload.parts;
  const partBytes = upload.mode === 'single' ? 0 : upload.partBytes;
  for (const { part, url, bytes } of parts) {
    const start = (part - 1) * partBytes;
    const response = await fetch(url, { method: 'PUT', body: file.subarray(start, start + bytes) });
    if (!response.ok) throw new Error(`part ${part}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }
  const uploadSeconds = (performance.now() - uploadFrom) / 1000;
  const uploadedMiB = edge.workerdMiB('VmRSS');

  const validateFrom = performance.now();
  let peakMiB = 0;
  const isolate = { atStartMiB: await edge.heap.sample(), peakMiB: 0 };
  let state = await client.post(`/v1/datasets/${dataset.id}/complete`, {}, datasetSchema);
  while (state.state !== 'ready' && state.state !== 'rejected') {
    await sleep(100);
    peakMiB = Math.max(peakMiB, edge.workerdMiB('VmRSS'));
    isolate.peakMiB = Math.max(isolate.peakMiB, await edge.heap.sample());
    state = await client.get(`/v1/datasets/${dataset.id}`, datasetSchema);
  }
  const validateSeconds = (performance.now() - validateFrom) / 1000;
  edge.heap.close();
  const { stats, warnings, errorCount, rowErrors } = state;
  const memory = { idleMiB, uploadedMiB, peakMiB, highWaterMiB: edge.workerdMiB('VmHWM') };
  const figures = { bytes: file.length, uploadSeconds, validateSeconds, isolate, workerd: memory };
  const found = { state: state.state, stats, warnings, errorCount, rowErrors: rowErrors.slice(0, 3) };
  console.log(JSON.stringify({ ...figures, ...found }, null, 2));
} finally {
  edge.stop();
}
