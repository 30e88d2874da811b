import { describe, expect, it } from '@jest/globals';
import {
  NAMES_OF_SEARCHES,
  sessionListSchema,
  sessionOpenSchema,
  turnBodySchema,
  turnListSchema,
} from './learning-session.schema.js';
import { byNames } from './other-names.js';
import { parseRequest } from './request-fields.js';

const OPEN = { user_external_id: 'ada', mode_code: 'grammar', language_code: 'en' };
const word = (overrides: object = {}) => ({ text: 'Yes', start_ms: 0, end_ms: 300, ...overrides });

describe('what opens a session', () => {
  it('has metadata only where the client has some', () => {
    expect(parseRequest(sessionOpenSchema, OPEN)).toEqual({ ...OPEN, metadata: {} });
  });

  it.each([
    ['an operator for an id', { ...OPEN, user_external_id: { $gt: '' } }, 'user_external_id'],
    ['an id that looks like another one', { ...OPEN, user_external_id: 'ada\u200b' }, 'invisible'],
    ['no mode', { ...OPEN, mode_code: undefined }, 'mode_code'],
    ['a field of its own', { ...OPEN, admin: true }, 'admin: is no option'],
    ['a prototype', JSON.parse('{"mode_code":"a","language_code":"en","__proto__":{"a":1}}'), '__proto__'],
    ['metadata that is a list', { ...OPEN, metadata: [] }, 'metadata'],
  ])('is refused with %s', (_name, body, fault) => {
    expect(() => parseRequest(sessionOpenSchema, body)).toThrow(fault);
  });
});

describe('what sessions are listed by', () => {
  it('takes days and times, and languages as every API does', () => {
    const query = { from: '2026-03-01', to: '2026-03-02T01:00:00+01:00', language_code: 'English' };
    expect(parseRequest(sessionListSchema, query)).toEqual({
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-02T00:00:00Z'),
      language_code: 'en',
    });
  });

  it('are named as here, or as searches name them', () => {
    const searched = {
      learner: 'ada',
      mode: 'grammar',
      language: 'en',
      status: 'closed',
      date: '2026-03-01',
    };
    expect(parseRequest(sessionListSchema, byNames(searched, NAMES_OF_SEARCHES))).toEqual({
      ...{ user_external_id: 'ada', mode_code: 'grammar', language_code: 'en', state: 'closed' },
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-02T00:00:00Z'),
    });
  });

  it.each([
    [{ date: '2026-03-01', from: '2026-03-01' }, 'date'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'to: is before from'],
    [{ from: 'yesterday' }, 'from'],
    [{ state: 'ended' }, 'state'],
    [{ cursor: '1' }, 'cursor'],
    [{ page: '0' }, 'page'],
    [{ page_size: '101' }, 'page_size'],
    [{ user_external_id: ['ada', 'bob'] }, 'user_external_id'],
  ])('is refused: %j', (query, fault) => {
    expect(() => parseRequest(sessionListSchema, query)).toThrow(fault);
    expect(parseRequest(turnListSchema, { cursor: '12', limit: '5' })).toEqual({ cursor: 12, limit: 5 });
  });
});

describe('a written turn', () => {
  it('is a text, or a transcript with words', () => {
    expect(parseRequest(turnBodySchema, { text: 'I go.' })).toMatchObject({ text: 'I go.', voice: '' });
    const transcript = { text: 'Yes.', words: [word()] };
    expect(parseRequest(turnBodySchema, { transcript, speak: false }).transcript).toEqual({
      text: 'Yes.',
      words: [word({ confidence: 1 })],
    });
    expect(parseRequest(turnBodySchema, { transcript: 'Yes.' }).transcript).toEqual({
      text: 'Yes.',
      words: [],
    });
  });

  it.each([
    ['nothing', {}, 'text or transcript'],
    ['both', { text: 'a', transcript: { text: 'a' } }, 'text or transcript'],
    ['an empty transcript', { transcript: ' ' }, 'transcript: must not be empty'],
    ['an empty text', { text: ' \n' }, 'text: must not be empty'],
    ['a flood', { text: 'a'.repeat(5_001) }, '5000 characters'],
    [
      'words that end before they begin',
      { transcript: { text: 'a', words: [word({ end_ms: -0, start_ms: 9 })] } },
      'end_ms',
    ],
    ['certainty above all', { transcript: { text: 'a', words: [word({ confidence: 2 })] } }, 'confidence'],
  ])('is refused with %s', (_name, body, fault) => {
    expect(() => parseRequest(turnBodySchema, body)).toThrow(fault);
  });
});
