import { describe, expect, it } from '@jest/globals';
import type { Transcript } from '../../recognition/transcript.js';
import { recordingAnswer } from './recording-answer.js';
import { recordingAnswerSchema } from './recording-answer.schema.js';

/** Words of 300 ms, one after the other; a number is a pause in milliseconds. */
function transcript(said: readonly (string | number)[], more: Partial<Transcript> = {}): Transcript {
  let at = 0;
  const words = said.flatMap((part) => {
    if (typeof part === 'number') {
      at += part;
      return [];
    }
    const word = { text: part, startMs: at, endMs: at + 300, confidence: 0.5 };
    at += 300;
    return [word];
  });
  const text = words.map((word) => word.text).join(' ');
  return {
    ...{ text, words, language: 'en', audioMs: at, model: 'whisper-base', segments: [] },
    ...{ measures: undefined, scores: undefined, ...more },
  };
}

const REQUEST = { request_id: 'r', sha256: 'abc', created: '2026-12-01T00:00:00.000Z' };
const answerTo = (query: object, ...said: Parameters<typeof transcript>) => {
  const answer = recordingAnswer(transcript(...said), { utt_split: 0.8, ...query } as never, REQUEST);
  expect(recordingAnswerSchema.safeParse(answer).error).toBeUndefined();
  return answer;
};

describe("a recording's answer for clients of Deepgram", () => {
  it('has the transcript, its words bare and punctuated, and what was asked with which model', () => {
    const { metadata, results } = answerTo({}, ['Hello,', 'you.']);
    expect(metadata).toMatchObject({ ...REQUEST, duration: 0.6, channels: 1 });
    expect(metadata.model_info[metadata.models[0] ?? '']?.name).toBe('whisper-base');
    const [channel] = results.channels;
    expect(channel?.alternatives).toEqual([
      {
        transcript: 'Hello, you.',
        confidence: 0.5,
        words: [
          { word: 'hello', punctuated_word: 'Hello,', start: 0, end: 0.3, confidence: 0.5 },
          { word: 'you', punctuated_word: 'you.', start: 0.3, end: 0.6, confidence: 0.5 },
        ],
      },
    ]);
    expect(channel).not.toHaveProperty('detected_language');
    expect(results).not.toHaveProperty('utterances');
  });

  it('names the language where none was given', () => {
    const [channel] = answerTo({}, ['Hola'], { language: 'es', languageProbability: 0.9 }).results.channels;
    expect(channel).toMatchObject({ detected_language: 'es', language_confidence: 0.9 });
  });

  it('has utterances that pauses part', () => {
    const { utterances = [] } = answerTo({ utterances: true }, ['One', 'two', 900, 'three']).results;
    expect(utterances.map(({ transcript: text, start, end }) => [text, start, end])).toEqual([
      ['One two', 0, 0.6],
      ['three', 1.5, 1.8],
    ]);
    expect(utterances[0]).toMatchObject({ channel: 0, confidence: 0.5, id: expect.any(String) });
  });

  it('has paragraphs of sentences, which long pauses and many sentences part', () => {
    const said = [
      'One',
      'two.',
      '“Three!”',
      2_000,
      'Four',
      ...'abcdef'.split('').map((letter) => `${letter}.`),
    ];
    const { paragraphs } = answerTo({ paragraphs: true }, said).results.channels[0]!.alternatives[0]!;
    const texts = paragraphs?.paragraphs.map(({ sentences }) => sentences.map(({ text }) => text));
    expect(texts).toEqual([['One two.', '“Three!”'], ['Four a.', 'b.', 'c.', 'd.', 'e.'], ['f.']]);
    expect(paragraphs?.paragraphs[0]).toMatchObject({ num_words: 3, start: 0, end: 0.9 });
    expect(paragraphs?.transcript).toBe('One two. “Three!”\n\nFour a. b. c. d. e.\n\nf.');
  });

  it('of silence is an empty one', () => {
    const { results } = answerTo({ utterances: true, paragraphs: true }, []);
    expect(results.utterances).toEqual([]);
    expect(results.channels[0]?.alternatives[0]).toMatchObject({ transcript: '', confidence: 0, words: [] });
  });
});
