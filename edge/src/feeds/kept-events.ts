// The story of a job that has ended: one object in R2, an event a line.
import { type SequencedEvent, sequencedEventSchema } from '@tallrec/shared/wire/jobs';

export async function readKeptEvents(bucket: R2Bucket, key: string): Promise<SequencedEvent[]> {
  const object = await bucket.get(key);
  if (!object) return [];
  const lines = (await object.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => sequencedEventSchema.parse(JSON.parse(line)));
}

export async function writeKeptEvents(bucket: R2Bucket, key: string, events: readonly SequencedEvent[]): Promise<void> {
  await bucket.put(key, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
