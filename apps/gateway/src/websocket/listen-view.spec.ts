import { describe, expect, it } from '@jest/globals';
import { listenEventSchema, listenQuerySchema, type TurnEvent } from '@parlance/contracts';
import { anIdentity } from '../../../../test/support/turn-factory.js';
import { readListenQuery, streamingConfig, turnListenEvent } from './listen-view.js';

const read = (query: string) => readListenQuery(new URLSearchParams(query));
const refusalOf = (query: string): unknown => {
  try {
    return read(query);
  } catch (error) {
    return error;
  }
};

describe('the query of /v1/listen', () => {
  it('reads lists with commas and as several parameters', () => {
    expect(read('languages=en-US&languages=Spanish,fr').languages).toEqual(['en', 'es', 'fr']);
    expect(read('temperatures=0&temperatures=0.5').temperatures).toEqual([0, 0.5]);
  });

  it.each([
    ['en-US', 'en'],
    ['English', 'en'],
    ['auto', ''],
    ['', ''],
  ])('reads the language %j as %j', (language, code) => {
    expect(read(`language=${language}`).language).toBe(code);
  });

  it.each([
    ['punctuate', 'punctuate=false'],
    ['keywords', 'keywords=snuffleupagus:-10'],
    ['endpointing', 'endpointing=9'],
    ['endpointing', 'endpointing=10001'],
    ['utterance_end_ms', 'utterance_end_ms=99'],
    ['__proto__', '__proto__=1'],
    ['constructor', 'constructor=x'],
    ['model', 'model=a&model=b'],
    ['language', 'language=klingon'],
    ['session', 'session=01JD0000000000000000000000'],
    ['after', 'after=3'],
    ['voice', 'voice=joe'],
    ['audio', 'audio=true'],
    ['speak', 'speak=false'],
    ['after', 'converse=true&after=0x10'],
    ['after', 'converse=true&after='],
    ['after', 'converse=true&after=1e3'],
    ['prompt', `prompt=${'x'.repeat(8_001)}`],
  ])('refuses %s by its name in ?%s', (name, query) => {
    expect(refusalOf(query)).toMatchObject({
      code: 'request.invalid',
      message: expect.stringMatching(new RegExp(`(^|; )${name}: `)),
    });
  });

  /** Free texts: how long they may be. */
  const TEXTS = { model: 200, voice: 100, prompt: 8_000, hotwords: 1_000, keyterm: 1_000, keywords: 1_000 };
  /** What the key is is not for the query's schema to say. */
  const own = Object.keys(listenQuerySchema.shape).filter((name) => name !== 'token');
  it.each(own)('reads %s: a wrong value of it is refused by its name', (name) => {
    const length = Object.hasOwn(TEXTS, name) ? TEXTS[name as keyof typeof TEXTS] + 1 : undefined;
    const query = new URLSearchParams({ converse: 'true', [name]: length ? 'x'.repeat(length) : 'klingon' });
    expect(refusalOf(query.toString())).toMatchObject({
      code: 'request.invalid',
      message: expect.stringMatching(new RegExp(`(^|; )${name}[.:]`)),
    });
  });

  const deepgrams = [
    ...['callback', 'callback_method', 'detect_entities', 'detect_language', 'diarize', 'diarize_model'],
    ...['dictation', 'extra', 'intents', 'measurements', 'multichannel', 'numerals'],
    ...['paragraphs', 'profanity_filter', 'redact', 'replace', 'search', 'sentiment', 'summarize'],
    ...['tag', 'tier', 'topics', 'utterances'],
  ];
  it.each(deepgrams)("refuses Deepgram's %s, which it has not, by its name", (name) => {
    expect(refusalOf(`${name}=true`)).toMatchObject({
      code: 'request.invalid',
      message: `${name}: is no option here`,
    });
  });

  it("reads Deepgram's options, in Python's spelling of flags too", () => {
    const flags =
      'punctuate=true&smart_format=true&interim_results=True&vad_events=true&no_delay=true&filler_words=true';
    const declined =
      'diarize=false&multichannel=False&profanity_filter=false&numerals=false&mip_opt_out=false';
    expect(read(`${flags}&${declined}&utterance_end_ms=1000&language=multi&version=latest`)).toMatchObject({
      interim_results: true,
      vad_events: true,
      utterance_end_ms: 1_000,
      language: '',
    });
  });

  it.each([
    ['false', false, 500],
    ['true', true, 500],
    ['10', 100, 100],
    ['300', 300, 300],
  ])('reads endpointing=%s as %j: %d ms of silence end an utterance', (text, value, silenceMs) => {
    const query = read(`endpointing=${text}`);
    expect(query.endpointing).toBe(value);
    expect(streamingConfig(query, '').endpointing?.silenceMs).toBe(silenceMs);
  });

  it.each([
    ['keyterm=Parlance&keyterm=Nova Scotia', 'Parlance, Nova Scotia'],
    ['keywords=Parlance:2.5,Scotia', 'Parlance, Scotia'],
    ['keyterm=["Parlance","Scotia"]', 'Parlance, Scotia'],
    ['hotwords=one&keyterm=two', 'one, two'],
  ])('expects the words of %s', (query, hotwords) => {
    expect(streamingConfig(read(query), '').recognition?.decoding?.hotwords).toBe(hotwords);
  });

  it("takes vad_threshold for endpointing's, and for no option of recordings", () => {
    const { endpointing, recognition } = streamingConfig(read('vad_threshold=0.7'), '');
    expect(endpointing).toMatchObject({ threshold: 0.7 });
    expect(recognition?.decoding).not.toHaveProperty('vadThreshold');
  });

  it.each([
    ['linear32', 'AUDIO_ENCODING_PCM_F32LE', 8_000],
    ['mulaw', 'AUDIO_ENCODING_PCM_S16LE', 16_000],
    ['ogg-opus', 'AUDIO_ENCODING_PCM_S16LE', 16_000],
  ])('sends %s on as %s', (encoding, sent, sampleRateHz) => {
    const query = read(`encoding=${encoding}&sample_rate=8000`);
    expect(streamingConfig(query, '').recognition?.audio).toMatchObject({ encoding: sent, sampleRateHz });
  });

  it('asks for interims only where the client does, or in a conversation', () => {
    const withInterims = (query: string) => streamingConfig(read(query), '').interimResults;
    expect(withInterims('')).toBe(false);
    expect(withInterims('interim_results=true')).toBe(true);
    expect(withInterims('converse=true')).toBe(true);
    expect(withInterims('converse=true&interim_results=false')).toBe(false);
  });

  it('takes what a conversation needs where there is one', () => {
    const query = 'converse=true&session=01JD0000000000000000000000&after=12&voice=joe&audio=true&token=k';
    expect(read(query)).toMatchObject({ after: 12, voice: 'joe', audio: true });
    expect(read('speak=true&audio=false&converse=false').converse).toBe(false);
  });
});

describe("a turn's events on the socket", () => {
  const identity = anIdentity();
  const sent = (event: TurnEvent) =>
    listenEventSchema.parse(turnListenEvent({ event, sequence: 7 }, { base: '', withAudio: false }));

  it('say what fell back before the reply', () => {
    const degraded = [{ stage: 'reply' as const, from: 'groq:a', to: 'groq:b', reason: 'timeout' }];
    const data = { identity, text: 'x', sentences: 1, speak: true, model: 'groq:b', corrections: [] };
    expect(sent({ name: 'turn.replied', data: { ...data, degraded } })).toMatchObject({ degraded });
    expect(sent({ name: 'turn.replied', data })).toMatchObject({ type: 'TurnReplied', degraded: [] });
  });

  it('give the report on what was said', () => {
    const report = {
      uncertain: true,
      makesSense: false,
      errors: [],
      suggestions: [],
      improved: 'x',
      rubric: null,
      model: 'builtin-coach',
    };
    expect(sent({ name: 'turn.feedback', data: { identity, report } })).toEqual({
      type: 'Feedback',
      turn: identity.turn,
      session: identity.session,
      sequence: 7,
      report,
    });
  });
});
