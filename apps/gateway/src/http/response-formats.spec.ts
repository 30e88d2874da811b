import { describe, expect, it } from '@jest/globals';
import { formatTranscript, type TaskedTranscript } from './response-formats.js';
import { readTranscriptionFields } from './transcription-form.schema.js';

const segment = (index: number, startMs: number, endMs: number, text: string) => ({
  index,
  startMs,
  endMs,
  text,
  words: [],
  averageLogProbability: -0.25,
  noSpeechProbability: 0.5,
  compressionRatio: 1.5,
  temperature: Math.fround(0.2),
  tokens: [50363, 314],
  tokenProbabilities: [],
  seekMs: 30_000 * index,
});

const transcript: TaskedTranscript = {
  task: 'TASK_TRANSCRIBE',
  text: 'One arrow --> two.',
  language: 'en',
  audioMs: 3_661_250,
  model: 'whisper-tiny.en',
  segments: [segment(0, 0, 1_500, ' One arrow -->'), segment(1, 3_660_001, 3_661_234, ' two.')],
  words: [{ text: ' One', startMs: 40, endMs: 320, confidence: 0.9 }],
  measures: undefined,
  scores: undefined,
};

const fieldsOf = (fields: Record<string, string[]>) =>
  readTranscriptionFields(new Map(Object.entries(fields)));

function formatted(fields: Record<string, string[]>): string {
  return formatTranscript(transcript, fieldsOf(fields)).body;
}

describe('response formats', () => {
  it('srt numbers its cues, counts hours and keeps arrows out of the text', () => {
    expect(formatted({ response_format: ['srt'] })).toBe(
      '1\n00:00:00,000 --> 00:00:01,500\nOne arrow ->\n\n2\n01:01:00,001 --> 01:01:01,234\ntwo.\n\n',
    );
  });

  it('vtt has its header, points for commas, and its text escaped', () => {
    expect(formatted({ response_format: ['vtt'] })).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne arrow --&gt;\n\n01:01:00.001 --> 01:01:01.234\ntwo.\n\n',
    );
  });

  it('subtitles keep signs of markup, lines and hours of any number', () => {
    const segments = [segment(0, 359_999_999, 360_000_000.4, ' <b>Q&A</b>\n\nend ')];
    const made = (format: string) =>
      formatTranscript({ ...transcript, segments }, fieldsOf({ response_format: [format] })).body;
    expect(made('vtt')).toBe('WEBVTT\n\n99:59:59.999 --> 100:00:00.000\n&lt;b&gt;Q&amp;A&lt;/b&gt;\nend\n\n');
    expect(made('srt')).toBe('1\n99:59:59,999 --> 100:00:00,000\n<b>Q&A</b>\nend\n\n');
  });

  it('json has the log-probability of each token where the form asks for them, with the bytes of parted characters', () => {
    const tokenProbabilities = [
      { text: Buffer.from(' na'), logProbability: -0.5 },
      { text: Buffer.from([0xc3]), logProbability: -0.25 },
    ];
    const parted = { ...transcript, segments: [{ ...segment(0, 0, 1, ' na'), tokenProbabilities }] };
    const made = (fields: Record<string, string[]>) =>
      JSON.parse(formatTranscript(parted, fieldsOf(fields)).body) as Record<string, unknown>;
    expect(made({ include: ['logprobs'] }).logprobs).toEqual([
      { token: ' na', bytes: [32, 110, 97], logprob: -0.5 },
      { token: '\ufffd', bytes: [0xc3], logprob: -0.25 },
    ]);
    expect(made({})).not.toHaveProperty('logprobs');
  });

  it.each([
    ['bn', 'bengali'],
    ['tl', 'tagalog'],
    ['my', 'myanmar'],
    ['nn', 'nynorsk'],
    ['mi', 'maori'],
    ['', ''],
  ])("verbose_json names %j %j, as Whisper's own output does", (language, name) => {
    const fields = fieldsOf({ response_format: ['verbose_json'] });
    const { body } = formatTranscript({ ...transcript, language, task: 'TASK_TRANSLATE' }, fields);
    expect(JSON.parse(body)).toMatchObject({ language: name, task: 'translate' });
  });

  it('verbose_json tells the language by name and times in seconds, and what was asked for', () => {
    const words = JSON.parse(
      formatted({ response_format: ['verbose_json'], timestamp_granularities: ['word'] }),
    ) as Record<string, unknown>;
    expect(words).toMatchObject({ task: 'transcribe', language: 'english', duration: 3661.25 });
    expect(words.words).toEqual([{ word: 'One', start: 0.04, end: 0.32 }]);
    expect(words).not.toHaveProperty('segments');
    const segments = JSON.parse(formatted({ response_format: ['verbose_json'] })) as { segments: unknown[] };
    expect(segments).not.toHaveProperty('words');
    expect(segments.segments[1]).toEqual({
      ...{ id: 1, seek: 3000, start: 3660.001, end: 3661.234, text: ' two.', tokens: [50363, 314] },
      ...{ temperature: 0.2, avg_logprob: -0.25, compression_ratio: 1.5, no_speech_prob: 0.5 },
    });
  });

  it('json has the text, text has it alone', () => {
    expect(JSON.parse(formatted({}))).toMatchObject({ text: transcript.text });
    expect(formatted({ response_format: ['text'] })).toBe(`${transcript.text}\n`);
  });

  it('granularities without verbose_json are refused, as OpenAI does', () => {
    expect(() => formatted({ timestamp_granularities: ['word'] })).toThrow('verbose_json');
  });
});
