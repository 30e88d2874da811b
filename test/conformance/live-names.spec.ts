import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  learnEventSchema,
  learnMessageSchema,
  realtimeEventSchema,
  realtimeMessageSchema,
  sessionSettingsSchema,
  speakEventSchema,
  speakMessageSchema,
  streamEventSchema,
  VOICE_CLIENT_EVENTS,
  VOICE_SERVER_EVENTS,
} from '@parlance/contracts';
import { NAMED_GROUPS } from './live-names.data.js';

/** Suites by their names, and what they say without what they import and remark. */
function readSuites(patterns: readonly string[]): Map<string, string> {
  const files = globSync([...patterns]).sort();
  if (files.length < patterns.length)
    throw new Error(`There is no suite for each of ${patterns.join(', ')}.`);
  return new Map(
    files.map((file) => {
      const text = readFileSync(file, 'utf8');
      return [file, text.replace(/^import [^;]*;$|^\s*\/\/.*$|\/\*[^]*?\*\//gm, '')];
    }),
  );
}

/** As a whole word; what ends with _ or / is the beginning of a name. */
function patternOf(name: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isWhole = /\w$/.test(name) && !name.endsWith('_');
  return new RegExp(`(?<![\\w-])${escaped}${isWhole ? '(?![\\w-])' : ''}`);
}

const ofGroup = (about: string): readonly string[] =>
  NAMED_GROUPS.find((group) => group.about === about)?.names ?? [];
type Union =
  | typeof learnMessageSchema
  | typeof learnEventSchema
  | typeof streamEventSchema
  | typeof speakMessageSchema
  | typeof speakEventSchema
  | typeof realtimeMessageSchema
  | typeof realtimeEventSchema;
const typesOf = (union: Union): string[] =>
  union.options.flatMap(({ shape: { type } }) => ('options' in type ? type.options : [...type.values]));

describe.each(NAMED_GROUPS)('$about', ({ names, suites }) => {
  const texts = [...readSuites(suites)];
  const suiteOf = (name: string): string | undefined =>
    texts.find(([, text]) => patternOf(name).test(text))?.[0];

  it.each(names.map((name) => [name, suiteOf(name)]))('%s is tested in %s', (_, suite) => {
    expect(suite).toBeDefined();
  });
});

describe('a name that clients or operators use', () => {
  it('is in the table where the contracts have it', () => {
    expect([...ofGroup('events of /voice that clients send')].sort()).toEqual(
      Object.keys(VOICE_CLIENT_EVENTS).sort(),
    );
    expect([...ofGroup('events that clients of /voice get')].sort()).toEqual(
      Object.keys(VOICE_SERVER_EVENTS).sort(),
    );
    const learn = ofGroup('messages of /v1/learn');
    const answersToGet = ['teaching_modes', 'languages', 'scenarios', 'status'];
    expect([...new Set([...learn, ...answersToGet])].sort()).toEqual(
      [...new Set([...typesOf(learnMessageSchema), ...typesOf(learnEventSchema)])].sort(),
    );
    expect(ofGroup('messages of /v1/stream and their fields')).toEqual(
      expect.arrayContaining(typesOf(streamEventSchema)),
    );
    expect(ofGroup('events of /v1/realtime that clients send')).toEqual(typesOf(realtimeMessageSchema));
    expect([...ofGroup('events that clients of /v1/realtime get')].sort()).toEqual(
      typesOf(realtimeEventSchema).sort(),
    );
    expect(ofGroup('messages of /v1/speak')).toEqual([
      ...typesOf(speakMessageSchema),
      ...typesOf(speakEventSchema),
    ]);
    expect(ofGroup('settings of a session, and what its routes take and give')).toEqual(
      expect.arrayContaining(Object.keys(sessionSettingsSchema.shape)),
    );
  });
});
