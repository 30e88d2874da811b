import { cuesOf, languageName, toSrt, toVtt } from '@parlance/contracts';
import type { Transcript } from '../recognition/transcript.js';
import type { TranscriptionFields } from './transcription-form.schema.js';

/** An answer of OpenAI's transcription route. */
export interface FormattedTranscript {
  readonly contentType: string;
  readonly body: string;
}

/** A recording in words, and what was made of it. */
export interface TaskedTranscript extends Transcript {
  readonly task: 'TASK_TRANSCRIBE' | 'TASK_TRANSLATE';
}

/** The transcript in the format that its form asks for. */
export function formatTranscript(
  transcript: TaskedTranscript,
  fields: TranscriptionFields,
): FormattedTranscript {
  switch (fields.responseFormat) {
    case 'json':
      return json({
        text: transcript.text,
        ...logprobsOf(transcript, fields),
        usage: usageOf(transcript),
      });
    case 'verbose_json':
      return json(verboseJson(transcript, fields));
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${transcript.text}\n` };
    case 'srt':
      return { contentType: 'application/x-subrip; charset=utf-8', body: toSrt(cuesOf(transcript.segments)) };
    case 'vtt':
      return { contentType: 'text/vtt; charset=utf-8', body: toVtt(cuesOf(transcript.segments)) };
  }
}

/** OpenAI's `logprobs`, where the form asks for them: a token whose characters it shares with the next reads as U+FFFD. */
export function logprobsOf({ segments }: Pick<Transcript, 'segments'>, { logprobs }: TranscriptionFields) {
  if (!logprobs) return {};
  const tokens = segments.flatMap(({ tokenProbabilities }) => tokenProbabilities);
  return {
    logprobs: tokens.map(({ text, logProbability }) => ({
      token: text.toString('utf8'),
      bytes: [...text],
      logprob: logProbability,
    })),
  };
}

export function usageOf({ audioMs }: Pick<Transcript, 'audioMs'>) {
  return { type: 'duration', seconds: Math.ceil(audioMs / 1000) };
}

function verboseJson(transcript: TaskedTranscript, fields: TranscriptionFields) {
  return {
    task: transcript.task === 'TASK_TRANSLATE' ? 'translate' : 'transcribe',
    language: languageName(transcript.language),
    ...(transcript.languageProbability === undefined
      ? {}
      : { language_probability: round(transcript.languageProbability) }),
    duration: transcript.audioMs / 1000,
    text: transcript.text,
    ...(fields.words
      ? {
          words: transcript.words.map(({ text, startMs, endMs }) => ({
            word: text.trim(),
            start: startMs / 1000,
            end: endMs / 1000,
          })),
        }
      : {}),
    ...(fields.segments
      ? {
          segments: transcript.segments.map((segment) => ({
            id: segment.index,
            // In hundredths of a second, as Whisper's mel frames.
            seek: Math.round(segment.seekMs / 10),
            start: segment.startMs / 1000,
            end: segment.endMs / 1000,
            text: segment.text,
            tokens: segment.tokens,
            temperature: round(segment.temperature),
            avg_logprob: segment.averageLogProbability,
            compression_ratio: segment.compressionRatio,
            no_speech_prob: segment.noSpeechProbability,
          })),
        }
      : {}),
    usage: usageOf(transcript),
  };
}

/** float32 on the wire: 0.2 must not read 0.20000000298023224. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function json(value: unknown): FormattedTranscript {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}
