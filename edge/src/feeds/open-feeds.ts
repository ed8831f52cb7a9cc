// How the rest of the edge reaches the stories of jobs: their JobFeed objects while they run, R2 afterwards.
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';
import type { Feeds } from '../deps.ts';
import type { Db } from '../repo/db.ts';
import { findJob } from '../repo/jobs.ts';
import { places } from '../storage/places.ts';
import type { JobFeedApi } from './feed-api.ts';
import { readKeptEvents, SSE_HEADERS, SSE_OPENING, sseText } from './story.ts';

export function openFeeds(
  namespace: DurableObjectNamespace<JobFeedApi>,
  { db, bucket }: { db: Db; bucket: R2Bucket },
): Feeds {
  const feed = (job: string) => namespace.get(namespace.idFromName(job));

  /** @returns null while the job is unfinished */
  async function kept(job: string): Promise<SequencedEvent[] | null> {
    const row = await findJob(db, job);
    if (row && row.events === 'live') return null;
    return row?.events === 'kept' ? await readKeptEvents(bucket, places.jobEvents(row.workspace, job)) : [];
  }

  return {
    append: (job, events, fence) => feed(job).append(job, events, fence),
    appendFrom: (job, fence, seq, events) => feed(job).appendFrom(job, fence, seq, events),
    async stream(job, afterSeq, signal) {
      const ended = await kept(job);
      if (ended) {
        const rest = ended.filter(({ seq }) => seq > afterSeq);
        // Browsers' EventSource takes 204 for the end and any other answer for a reason to connect again.
        if (rest.length === 0) return new Response(null, { status: 204 });
        return new Response(SSE_OPENING + sseText(rest), { headers: SSE_HEADERS });
      }
      return await feed(job).fetch(new Request(`https://job.feed/${job}?after=${afterSeq}`, { signal }));
    },
    read: async (job) => (await kept(job)) ?? (await feed(job).read(job)),
    close: (job) => feed(job).close(job),
    drop: (job) => feed(job).drop(),
  };
}
