import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  learnEventSchema,
  learnMessageSchema,
  sessionSettingsSchema,
  streamEventSchema,
  VOICE_CLIENT_EVENTS,
  VOICE_SERVER_EVENTS,
} from '@parlance/contracts';
import { NAMED_GROUPS } from './live-names.data.js';

/** What the suites say, without what they import and remark. */
function textOf(patterns: readonly string[]): string {
  const files = globSync([...patterns]);
  expect(files.length).toBeGreaterThanOrEqual(patterns.length);
  return files
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
    .replace(/^import [^;]*;$|^\s*\/\/.*$|\/\*[^]*?\*\//gm, '');
}

function stands(name: string, text: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // What ends with _ or / is the beginning of a name.
  return new RegExp(
    `(?<![\\w-])${escaped}${/\w$/.test(name) && !name.endsWith('_') ? '(?![\\w-])' : ''}`,
  ).test(text);
}

const ofGroup = (about: string): readonly string[] =>
  NAMED_GROUPS.find((group) => group.about === about)?.names ?? [];
const typesOf = (
  union: typeof learnMessageSchema | typeof learnEventSchema | typeof streamEventSchema,
): string[] => union.options.flatMap(({ shape }) => [...shape.type.values]);

describe('a name that clients or operators use', () => {
  it.each(NAMED_GROUPS.map(({ about, names, suites }) => [about, names, suites] as const))(
    'stands in a suite that says what it does: %s',
    (_, names, suites) => {
      const text = textOf(suites);
      expect(names.filter((name) => !stands(name, text))).toEqual([]);
    },
  );

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
    expect(ofGroup('settings of a session, and what its routes take and give')).toEqual(
      expect.arrayContaining(Object.keys(sessionSettingsSchema.shape)),
    );
  });
});
