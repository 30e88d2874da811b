import { programOutput, StandbyPrograms } from '@parlance/processes';
import { SPEECH_UNAVAILABLE } from '../speech-synthesizer.js';
import type { Clause } from './clauses.js';

export interface PhonemizerOptions {
  /** The espeak-ng program. */
  readonly command: string;
  /** Put between the letters of one sound (an affricate, a diphthong); none by default. */
  readonly tie?: string;
}

/** What espeak-ng writes where it changes the language: `(en)`; and its pauses. */
const NO_SOUND = /\([\^a-z-]+\)|_/g;

/** International phonetic alphabet by espeak-ng. */
export class Phonemizer {
  private readonly standby = new StandbyPrograms();

  constructor(private readonly options: PhonemizerOptions) {}

  /** @param voice espeak-ng's name of the language
   *  @returns the sounds of each clause; empty for one that has none
   *  @throws AppError upstream.unavailable, request.cancelled, request.deadline_exceeded */
  async phonemes(clauses: readonly Clause[], voice: string, signal: AbortSignal): Promise<string[]> {
    const lines = await this.read(clauses, voice, signal);
    if (lines.length === clauses.length) return lines;
    // espeak-ng has its own mind about where some clauses end; then each is asked for alone.
    const sounds: string[] = [];
    for (const clause of clauses) sounds.push((await this.read([clause], voice, signal)).join(' '));
    return sounds;
  }

  /** Ends the program that waits for the next text. */
  stop(): void {
    this.standby.close();
  }

  /** One line for each clause, usually. */
  private async read(clauses: readonly Clause[], voice: string, signal: AbortSignal): Promise<string[]> {
    const { command, tie } = this.options;
    const args = ['-q', '--ipa', ...(tie ? [`--tie=${tie}`] : []), '-v', voice];
    // Without --stdin it reads line by line. Arguments could be seen by every process of the machine.
    const input = clauses.map(({ text }) => `${espeakText(text).replaceAll('\n', ' ')}\n`).join('');
    const parts: Buffer[] = [];
    const options = { unavailable: SPEECH_UNAVAILABLE, input, signal, standby: this.standby };
    for await (const part of programOutput(command, args, options)) parts.push(part);
    const output = Buffer.concat(parts).toString().replace(/\n$/, '');
    return output.split('\n').map((line) => line.replace(NO_SOUND, '').replace(/\s+/g, ' ').trim());
  }
}

/** Text as espeak-ng may read it: it takes `[[…]]` for phonemes and control characters for commands. */
export function espeakText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ').replaceAll('[[', '[ [');
}
