import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tenantSchema, ulidSchema } from './identity.js';
import { listenQuerySchema } from './listen-query.schema.js';
import { protoRoot, PROTOCOLS } from './protocols.js';
import {
  dedupeId,
  eventNameOf,
  eventSubject,
  STREAMS,
  TURN_EVENTS,
  WORK,
  type TurnEventName,
} from './subjects.js';

const session = '01JD0000000000000000000000';

describe('subjects', () => {
  it('keeps every work subject in the work stream', () => {
    expect(Object.values(WORK).map((work) => work.subject)).toEqual([...STREAMS.work.subjects]);
  });

  it('finds an event by the subject it was published on', () => {
    for (const name of Object.keys(TURN_EVENTS) as TurnEventName[]) {
      expect(eventNameOf(eventSubject(session, name))).toBe(name);
    }
    expect(eventNameOf('parlance.event.x.toString')).toBeUndefined();
  });

  it('names each fact of a turn apart for deduplication', () => {
    const ids = [
      dedupeId.turnTranscribed('t'),
      dedupeId.replySentence('t', 0),
      dedupeId.replySentence('t', 1),
      dedupeId.speechReady('t', 0),
      dedupeId.turnReplied('t'),
      dedupeId.turnFeedback('t'),
      dedupeId.turnFailed('t', 'tts'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('identity', () => {
  it('takes ULIDs and refuses what could break a subject or a key', () => {
    expect(ulidSchema.safeParse(session).success).toBe(true);
    for (const bad of ['', 'a.b', '*', '>', session.toLowerCase()])
      expect(ulidSchema.safeParse(bad).success).toBe(false);
    for (const bad of ['', 'Acme', 'a.b', '-a', 'a*', 'a/b'])
      expect(tenantSchema.safeParse(bad).success).toBe(false);
  });
});

describe('languages of a live stream', () => {
  it('are codes with commas between them, or none', () => {
    expect(listenQuerySchema.parse({}).languages).toEqual([]);
    expect(listenQuerySchema.parse({ languages: 'en, pt-BR,es' }).languages).toEqual(['en', 'pt', 'es']);
  });

  it('are refused by name where one is no code', () => {
    const { error } = listenQuerySchema.safeParse({ languages: 'en,spanish!' });
    expect(error?.issues).toMatchObject([
      { path: ['languages'], message: expect.stringContaining("'spanish!' is no language") },
    ]);
  });
});

describe('protocols', () => {
  it('points at proto files that exist', () => {
    for (const { file } of Object.values(PROTOCOLS)) expect(existsSync(join(protoRoot(), file))).toBe(true);
  });
});
