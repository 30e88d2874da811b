import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { ObjectStore } from '@parlance/messaging';
import { openS3ObjectStore } from '@parlance/messaging';
import { collect } from '../support/collect.js';
import { RealS3Server } from '../support/real-s3.js';
import { SessionRecordingRig, type Replica } from '../support/session-recording-rig.js';
import { aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

const SECOND = 32_000;
const LATER_MS = 120_000;
const DAY_MS = 86_400_000;

/** Seconds of sound in which every sample tells its place. */
function sound(seconds: number, from = 0): Buffer {
  const samples = Int16Array.from({ length: seconds * 16_000 }, (_, index) => (from + index) % 20_000);
  return Buffer.from(samples.buffer);
}

const pcmOf = (flac: Buffer): Buffer =>
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'flac', '-i', '-', '-f', 's16le', '-'], { input: flac });

describe.each(['NATS', 'S3'])('recordings of sessions in %s', (kind) => {
  let rig: SessionRecordingRig;
  let objects: ObjectStore;
  let s3: RealS3Server | undefined;
  let one: Replica;
  let other: Replica;
  beforeAll(async () => {
    rig = await SessionRecordingRig.start();
    if (kind === 'S3') {
      s3 = await RealS3Server.start();
      objects = await openS3ObjectStore(s3.options);
    } else objects = await rig.openStore();
    [one, other] = [rig.replica(objects), rig.replica(objects)];
  }, 60_000);
  afterAll(async () => {
    await rig?.stop();
    await s3?.stop();
  });

  async function session(user?: string): Promise<string> {
    const { id } = await rig.sessions.create('acme', ulid());
    if (user) await rig.setUser(id, user);
    return id;
  }

  async function keysOf(id: string): Promise<string[]> {
    const keys = [];
    for await (const { key } of objects.list(`sessions/${id}/`)) keys.push(key);
    return keys.sort();
  }

  async function joinedSound(id: string): Promise<Buffer> {
    const { audio } = await one.recordings.find('acme', id);
    return pcmOf(await buffer((await objects.get(audio.key))!.content));
  }

  it('are stored as they come, joined at the end to one file, and the chunks removed', async () => {
    const id = await session();
    const recorder = await one.recordings.open('acme', id);
    const all = sound(2.5);
    for (let at = 0; at < all.length; at += 8_000) await recorder.write(all.subarray(at, at + 8_000));
    await recorder.close();
    const pattern = new RegExp(`^sessions/${id}/(chunk_\\d{6}_\\d{13}|recorder\\.json)$`);
    expect(await keysOf(id)).toHaveLength(4);
    for (const key of await keysOf(id)) expect(key).toMatch(pattern);
    await expect(one.recordings.find('acme', id)).rejects.toMatchObject({ code: 'recording.not_found' });
    await one.recordings.join('acme', id);
    expect(await keysOf(id)).toEqual([]);
    expect(await one.recordings.find('acme', id)).toMatchObject({ durationMs: 2_500 });
    expect((await joinedSound(id)).equals(all)).toBe(true);
    await one.recordings.join('acme', id);
    expect((await joinedSound(id)).equals(all)).toBe(true);
  }, 30_000);

  it('go on where the session resumes, on another replica too', async () => {
    const id = await session();
    const first = await one.recordings.open('acme', id);
    await first.write(sound(1));
    await first.close();
    await one.recordings.join('acme', id);
    const second = await other.recordings.open('acme', id);
    await second.write(sound(1, 16_000));
    await second.close();
    await other.recordings.join('acme', id);
    expect((await joinedSound(id)).equals(sound(2))).toBe(true);
    const kept = [];
    for await (const { key } of objects.list(`recordings/acme/${id}/`)) kept.push(key.split('/').at(-1));
    expect(kept.sort()).toEqual(['session-2.flac', 'session.json']);
  }, 30_000);

  it('of a process that died are joined once, by whichever replica sees them first; those of a live one are left', async () => {
    const id = await session();
    const crashed = await one.recordings.open('acme', id);
    await crashed.write(sound(2));
    const stored = await until(async () => {
      const keys = await keysOf(id);
      return keys.some((key) => key.includes('chunk_')) && keys.length > 1 ? keys : undefined;
    });
    await one.sweeper.sweep();
    expect(await keysOf(id)).toEqual(stored);
    await crashed.write(sound(0.5, 32_000));
    const later = Date.now() + LATER_MS;
    await Promise.all([one.sweeper.sweep(later), other.sweeper.sweep(later)]);
    // A crash loses what was not stored yet: the last half second, where the joining does not take that long.
    const joined = await joinedSound(id);
    expect(joined.length).toBeGreaterThanOrEqual(2 * SECOND);
    expect(joined.equals(sound(2.5).subarray(0, joined.length))).toBe(true);
    await crashed.close();
  }, 30_000);

  it('hold no chunk twice where a process died between joining and removing', async () => {
    const id = await session();
    const recorder = await one.recordings.open('acme', id);
    await recorder.write(sound(1));
    await recorder.close();
    const [chunk] = await one.chunks.list(id);
    const content = await one.chunks.read(chunk!);
    await one.recordings.join('acme', id);
    await one.chunks.mark(id, { tenant: 'acme', aliveAt: Date.now() });
    await objects.put(chunk!.key, content, 'audio/L16');
    await other.sweeper.sweep(Date.now() + LATER_MS);
    expect((await joinedSound(id)).equals(sound(1))).toBe(true);
    expect(await keysOf(id)).toEqual([]);
  }, 30_000);

  it('are gone with their session, from store, cache and database; what another session shares stays', async () => {
    const [id, neighbour] = [await session('user-7'), await session()];
    const shared = { key: 'speech/shared.mp3', contentType: 'audio/mpeg', bytes: 3 };
    const own = { key: `speech/${id}.mp3`, contentType: 'audio/mpeg', bytes: 3 };
    for (const key of [shared.key, own.key, 'speech/shared.json', `speech/${id}.json`])
      await objects.put(key, Buffer.from('abc'), 'audio/mpeg');
    for (const [owner, sequence] of [
      [id, 1],
      [neighbour, 1],
    ] as const) {
      const identity = { tenant: 'acme', session: owner, turn: ulid() };
      const recording = {
        key: `recordings/acme/${owner}/${identity.turn}.flac`,
        contentType: 'audio/flac',
        bytes: 3,
      };
      await objects.put(recording.key, Buffer.from('abc'), 'audio/flac');
      await rig.turns.createTranscribed(aTurn({ identity, sequence, recording }));
      const speech = { durationMs: 1, engine: 'piper', voice: 'joe', words: [] };
      await rig.turns.recordSpeech(identity, { index: 0, audio: shared, ...speech });
      if (owner === id) await rig.turns.recordSpeech(identity, { index: 1, audio: own, ...speech });
      const data = { identity, index: 0, text: 'Hello.', speak: true, voice: '', language: 'en', speed: 1 };
      await rig.bus.publishEvent({ name: 'reply.sentence', data });
    }
    const recorder = await one.recordings.open('acme', id);
    await recorder.write(sound(1));
    await recorder.close();
    expect(await one.statistics.of('acme')).toMatchObject({
      kinds: { speech: { objects: 2, bytes: 6 }, chunks: { objects: 1, bytes: SECOND } },
    });

    await expect(one.deletion.deleteSession('globex', id)).rejects.toMatchObject({
      code: 'session.not_found',
    });
    expect(await one.deletion.deleteUser('acme', 'user-7')).toBe(1);
    expect(await rig.sessions.find('acme', id)).toBeUndefined();
    expect(await rig.turns.list('acme', id)).toEqual([]);
    expect(await keysOf(id)).toEqual([]);
    for await (const { key } of objects.list(`recordings/acme/${id}/`)) throw new Error(`${key} is left`);
    expect(await objects.head(own.key)).toBeUndefined();
    expect(await objects.head(`speech/${id}.json`)).toBeUndefined();
    expect(await objects.head(shared.key)).toBeDefined();
    const { state } = await rig.connection.manager.streams.info('PARLANCE_EVENTS', {
      subjects_filter: `parlance.event.${id}.>`,
    });
    expect(state.subjects ?? {}).toEqual({});
    expect(await rig.turns.list('acme', neighbour)).toHaveLength(1);
  }, 30_000);

  it('of a session that was deleted while it was recorded are not brought back', async () => {
    const id = await session();
    const recorder = await one.recordings.open('acme', id);
    await one.deletion.deleteSession('acme', id);
    await recorder.write(sound(1));
    await recorder.close();
    await one.recordings.join('acme', id);
    expect(await keysOf(id)).toEqual([]);
  }, 30_000);

  it('are kept as long as their tenant says', async () => {
    const now = Date.now();
    const old = new Date(now - 10 * DAY_MS);
    const [short, long, others] = [ulid(), ulid(), ulid()];
    await rig.sessions.create('short', short, {}, old);
    await rig.sessions.create('long', long, {}, old);
    await rig.sessions.create('others', others, {}, old);
    const replica = rig.replica(objects, {
      PARLANCE_RETENTION: 'short:7,long:30',
      PARLANCE_RETENTION_DAYS: '9',
    });
    await replica.limits.enforce(now);
    expect(await rig.sessions.find('short', short)).toBeUndefined();
    expect(await rig.sessions.find('long', long)).toBeDefined();
    expect(await rig.sessions.find('others', others)).toBeUndefined();
  }, 30_000);

  it('give way to the store’s size and age: spoken replies first, the oldest first', async () => {
    for (const { key } of await collect(objects.list(''))) await objects.delete(key);
    for (const key of ['recordings/acme/a/1.flac', 'speech/1.mp3', 'speech/2.mp3']) {
      await objects.put(key, Buffer.alloc(1_000), 'audio/flac');
      await new Promise((resolve) => setTimeout(resolve, kind === 'S3' ? 1_050 : 5));
    }
    const small = rig.replica(objects, { PARLANCE_OBJECTS_MAX_BYTES: '2500' });
    await small.limits.enforce();
    const left = [];
    for (const prefix of ['recordings/', 'speech/'])
      for await (const { key } of objects.list(prefix)) left.push(key);
    expect(left).toEqual(['recordings/acme/a/1.flac', 'speech/2.mp3']);
    const young = rig.replica(objects, { PARLANCE_OBJECTS_MAX_DAYS: '1' });
    await young.limits.enforce(Date.now() + 2 * DAY_MS);
    for (const key of left) expect(await objects.head(key)).toBeUndefined();
  }, 30_000);
});
