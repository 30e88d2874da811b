import type { operations } from '../generated/openapi.js';

type Exam = operations['ExamsController_find']['responses'][200]['content']['application/json'];

/** An exam that was begun in this tab. */
export interface ExamProgress {
  readonly exam: Exam;
  /** What this clock is ahead of the server's. */
  readonly offsetMs: number;
}

const EXAM_STORED_AS = 'parlance.exam';
const SOUND_STORED_AS = 'parlance.exam-sound.';
const RATE_STORED_AS = 'parlance.exam-rate';
/** Of characters that are made at once. */
const MOST_ARGUMENTS = 10_000;

/** Keeps an exam for a page that is loaded again in this tab. */
export function keepExam(progress: ExamProgress): void {
  forgetExam();
  sessionStorage.setItem(EXAM_STORED_AS, JSON.stringify(progress));
}

/** Keeps 16-bit samples of its answer behind those before. A browser whose store is full keeps what it has.
 *  @param part  which one it is, from 0 on */
export function keepSound(part: number, sound: ArrayBuffer, sampleRateHz: number): void {
  const units = new Uint16Array(sound);
  let text = '';
  for (let at = 0; at < units.length; at += MOST_ARGUMENTS)
    text += String.fromCharCode(...units.subarray(at, at + MOST_ARGUMENTS));
  try {
    sessionStorage.setItem(RATE_STORED_AS, String(sampleRateHz));
    sessionStorage.setItem(SOUND_STORED_AS + part, text);
  } catch {
    // The exam goes on; after another reload its sound would end here.
  }
}

/** The exam that this tab has begun and not ended. */
export function keptExam(): ExamProgress | undefined {
  const text = sessionStorage.getItem(EXAM_STORED_AS);
  try {
    return text === null ? undefined : (JSON.parse(text) as ExamProgress);
  } catch {
    return undefined;
  }
}

/** What was kept of its answer; a microphone of another rate can not go on with it. */
export function keptSound(): { readonly sampleRateHz: number; readonly parts: readonly ArrayBuffer[] } {
  const parts: ArrayBuffer[] = [];
  for (;;) {
    const text = sessionStorage.getItem(SOUND_STORED_AS + parts.length);
    if (text === null) break;
    parts.push(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  }
  return { sampleRateHz: Number(sessionStorage.getItem(RATE_STORED_AS) ?? 0), parts };
}

export function forgetExam(): void {
  for (const name of Object.keys(sessionStorage))
    if (name.startsWith(EXAM_STORED_AS)) sessionStorage.removeItem(name);
}
