import type { Segment__Output } from './voice-types.js';

/** What is shown together, and when; milliseconds. */
export type Cue = Pick<Segment__Output, 'startMs' | 'endMs' | 'text'>;

/** A cue does not stay over a silence as long as this. */
const SILENCE_MS = 2_000;

/** Segments as subtitles show them: one whose words stand apart becomes several cues. */
export function cuesOf(segments: readonly Segment__Output[]): Cue[] {
  return segments.flatMap(cuesOfSegment);
}

function cuesOfSegment({ text, words, ...times }: Segment__Output): Cue[] {
  const cues: Cue[] = [];
  let { startMs } = times;
  let cutAt = 0;
  let read = 0;
  for (const [index, word] of words.entries()) {
    const at = text.indexOf(word.text.trim(), read);
    // Words that are not the text's own cannot cut it.
    if (at < 0) return [{ ...times, text }];
    const before = words[index - 1];
    if (before && word.startMs - before.endMs >= SILENCE_MS) {
      cues.push({ startMs, endMs: before.endMs, text: text.slice(cutAt, at) });
      ({ startMs } = word);
      cutAt = at;
    }
    read = at + word.text.trim().length;
  }
  return [...cues, { startMs, endMs: times.endMs, text: text.slice(cutAt) }];
}

/** SubRip: numbered cues, commas before the milliseconds. It has no escapes: an arrow would be read as a line of times. */
export function toSrt(cues: readonly Cue[]): string {
  return cues
    .map(
      ({ startMs, endMs, text }, index) =>
        `${index + 1}\n${clock(startMs, ',')} --> ${clock(endMs, ',')}\n${paragraph(text).replaceAll('-->', '->')}\n\n`,
    )
    .join('');
}

/** WebVTT (W3C): points before the milliseconds, and text in which `&` and `<` begin something else. */
export function toVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(
    ({ startMs, endMs, text }) =>
      `${clock(startMs, '.')} --> ${clock(endMs, '.')}\n${escaped(paragraph(text))}\n\n`,
  );
  return `WEBVTT\n\n${blocks.join('')}`;
}

/** An empty line would end the cue. */
function paragraph(text: string): string {
  return text.trim().replace(/\s*[\r\n]\s*/g, '\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** HH:MM:SS and milliseconds behind `mark`; more than two digits of hours where a recording has them. */
function clock(ms: number, mark: ',' | '.'): string {
  const whole = Math.round(ms);
  const seconds = Math.floor(whole / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${mark}${String(whole % 1000).padStart(3, '0')}`;
}
