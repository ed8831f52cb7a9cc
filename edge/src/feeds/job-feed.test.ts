import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../compose.ts';
import { parseEnv } from '../env.ts';
import { findJob } from '../repo/jobs.ts';
import { call } from '../testing/client.ts';
import { until } from '../testing/fake-node.ts';
import {
  createTuning,
  finish,
  finishTuning,
  JUDGED,
  nextJob,
  openStream,
  readStream,
  samplesDataset,
  step,
} from '../testing/job-node.ts';
import { joined, leaveRoom } from '../testing/job-room.ts';

const deps = makeDeps(parseEnv(env));
let dataset: string;

beforeAll(async () => {
  dataset = (await samplesDataset()).id;
});
afterEach(leaveRoom);

const names = (events: SequencedEvent[]) =>
  events.map(({ event }) => (event.type === 'state' ? event.state : event.type));

const kept = (id: string) =>
  until(
    async () => (await findJob(deps.db, id))?.events,
    (events) => events === 'kept',
  );

describe('a stream of events', () => {
  it('pushes what happens, ends with the job, and goes on from the last id', async () => {
    const { id } = await createTuning(dataset);
    const reading = readStream(`/v1/tunings/${id}`);
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    node.send({ type: 'events', job: id, fence: 1, seq: 1, events: [step(1), step(2), JUDGED] });
    await node.next('acknowledged');
    await finishTuning(node, job, 'told');

    const { events, text } = await reading;
    expect(text).toMatch(/^retry: \d+\n\nid: 1\ndata: /);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    const story = ['queued', 'dispatched', 'running', 'step', 'step', 'evaluated', 'publishing', 'succeeded'];
    expect(names(events)).toEqual(story);

    // From R2, once the job has ended; and nothing once all has been sent, so that browsers stop asking.
    await kept(id);
    expect((await readStream(`/v1/tunings/${id}`)).events).toEqual(events);
    expect((await readStream(`/v1/tunings/${id}`, 6)).events).toEqual(events.slice(6));
    expect(await readStream(`/v1/tunings/${id}`, events.length)).toMatchObject({ status: 204, text: '' });
    const feed = env.JOB_FEED.get(env.JOB_FEED.idFromName(id));
    await runInDurableObject(feed, (_object: unknown, { storage }: DurableObjectState) => {
      expect(storage.sql.exec('SELECT count(*) AS n FROM events').one()).toEqual({ n: 0 });
    });
  });

  it('says that it is still there while nothing happens', async () => {
    const { id } = await createTuning(dataset);
    const response = await openStream(`/v1/tunings/${id}`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(': still here')) text += (await reader.read()).value ?? '';
    await reader.cancel();
  });

  it('of a job that is resumed goes on with the story so far', async () => {
    const { id } = await createTuning(dataset);
    await call('POST', `/v1/tunings/${id}/cancel`);
    await kept(id);
    const first = (await readStream(`/v1/tunings/${id}`)).events;
    expect(names(first)).toEqual(['queued', 'cancelled']);
    await call('POST', `/v1/tunings/${id}/resume`);
    const reading = readStream(`/v1/tunings/${id}`, first.length);
    const node = await joined();
    await finishTuning(node, await nextJob(node, 'tune', id), 'resumed and told');
    const { events } = await reading;
    expect(names(events)).toEqual(['queued', 'dispatched', 'running', 'publishing', 'succeeded']);
    expect(events[0]!.seq).toBe(first.length + 1);
    await kept(id);
    expect((await readStream(`/v1/tunings/${id}`)).events).toEqual([...first, ...events]);
  });
});

describe('events of a node', () => {
  it('of a job that is resumed goes on, though its node told more when it had ended', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    const first = await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    node.send({ type: 'events', job: id, fence: 1, seq: 1, events: [step(1)] });
    await node.next('acknowledged');
    await call('POST', `/v1/tunings/${id}/cancel`);
    await node.next('cancel');
    await finish(node, first, { status: 'cancelled' });
    await kept(id);
    const before = (await readStream(`/v1/tunings/${id}`)).events;
    expect(await deps.feeds.appendFrom(id, 1, 2, [step(2)])).toBeNull();
    expect((await readStream(`/v1/tunings/${id}`)).events).toEqual(before);

    await call('POST', `/v1/tunings/${id}/resume`);
    expect((await findJob(deps.db, id))?.events).toBe('live');
    const again = await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: again.fence });
    node.send({ type: 'events', job: id, fence: again.fence, seq: 1, events: [step(2)] });
    await finishTuning(node, again, 'told in the end');
    await kept(id);
    const { events } = await readStream(`/v1/tunings/${id}`);
    expect(events.slice(0, before.length)).toEqual(before);
    expect(names(events.slice(before.length))).toEqual(
      expect.arrayContaining(['queued', 'dispatched', 'running', 'step', 'succeeded']),
    );
  });

  it('that are sent again count once, and a gap is asked for again', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    const send = (seq: number, ...steps: number[]) =>
      node.send({ type: 'events', job: id, fence: 1, seq, events: steps.map((number) => step(number)) });
    send(1, 1, 2, 3);
    expect((await node.next('acknowledged')).seq).toBe(3);
    send(2, 2, 3, 4);
    expect((await node.next('acknowledged')).seq).toBe(4);
    send(9, 9);
    expect((await node.next('acknowledged')).seq).toBe(4);
    const { body } = await call<{ steps: { step: number }[] }>('GET', `/v1/tunings/${id}/metrics`);
    expect(body.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('are thinned for charts when asked for', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    const events = Array.from({ length: 300 }, (_, at) => step(at + 1, at === 150 ? 99 : 1));
    node.send({ type: 'events', job: id, fence: 1, seq: 1, events });
    await node.next('acknowledged');
    const { body } = await call<{ steps: { loss: number }[] }>('GET', `/v1/tunings/${id}/metrics?points=20`);
    expect(body.steps.length).toBeLessThanOrEqual(20);
    expect(Math.max(...body.steps.map(({ loss }) => loss))).toBe(99);
  });
});
