import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import { startMachine } from './support/machine.ts';

const machine = await startMachine();
await machine.startNode();
const { ratings } = await demoRatings();
const up = (name: string, kind: any, rows: unknown[]) =>
  machine.client.upload(
    { name, kind, format: 'jsonl' },
    new TextEncoder().encode(rows.map((r) => `${JSON.stringify(r)}\n`).join('')),
  );
await up('films', 'interactions', ratings.slice(0, 4000));
await up('film samples', 'samples', buildSamples(ratings, samplingSchema.parse({})).slice(0, 600));
writeFileSync('/tmp/w2/live.json', JSON.stringify({ url: machine.client.url, key: machine.key, pid: process.pid }));
console.log('live', machine.client.url);
for (;;) {
  await pause(500);
  if (existsSync('/tmp/w2/restart')) {
    rmSync('/tmp/w2/restart');
    await machine.restartEdge();
    writeFileSync('/tmp/w2/restarted', '1');
  }
  if (existsSync('/tmp/w2/stop')) {
    rmSync('/tmp/w2/stop');
    await machine.stop();
    process.exit(0);
  }
}
