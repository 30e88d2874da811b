import type { Transcript } from '../recognition/transcript.js';
import { cuesOf, type Cue } from './cues.js';
import type { TranscriptionFields } from './transcription-form.schema.js';

/** An answer of OpenAI's transcription route. */
export interface FormattedTranscript {
  readonly contentType: string;
  readonly body: string;
}

export function formatTranscript(transcript: Transcript, fields: TranscriptionFields): FormattedTranscript {
  switch (fields.responseFormat) {
    case 'json':
      return json({ text: transcript.text, usage: usageOf(transcript) });
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

export function usageOf({ audioMs }: Pick<Transcript, 'audioMs'>) {
  return { type: 'duration', seconds: Math.ceil(audioMs / 1000) };
}

function verboseJson(transcript: Transcript, fields: TranscriptionFields) {
  return {
    task: 'transcribe',
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

function toSrt(cues: readonly Cue[]): string {
  return cues
    .map(
      (cue, index) =>
        `${index + 1}\n${clock(cue.startMs, ',')} --> ${clock(cue.endMs, ',')}\n${cueText(cue.text)}\n\n`,
    )
    .join('');
}

function toVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(
    (cue) => `${clock(cue.startMs, '.')} --> ${clock(cue.endMs, '.')}\n${cueText(cue.text)}\n\n`,
  );
  return `WEBVTT\n\n${blocks.join('')}`;
}

/** An arrow would end the cue's time line. */
function cueText(text: string): string {
  return text.trim().replaceAll('-->', '->');
}

/** HH:MM:SS and milliseconds behind `mark`. */
function clock(ms: number, mark: ',' | '.'): string {
  const whole = Math.floor(ms / 1000);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${mark}${String(ms % 1000).padStart(3, '0')}`;
}

/** OpenAI names languages in English, lower case. */
function languageName(code: string): string {
  if (code === '') return '';
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(code)?.toLowerCase() ?? code;
}

/** float32 on the wire: 0.2 must not read 0.20000000298023224. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function json(value: unknown): FormattedTranscript {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}
