import { programOutput, runProgram } from '@parlance/processes';
import { espeakText } from './phonemes/phonemizer.js';
import {
  SPEECH_UNAVAILABLE,
  SpeechSynthesizer,
  type SpeechManner,
  type SpeechVoice,
  type EngineAudio,
} from './speech-synthesizer.js';

export const ESPEAK_LICENCE = 'GPL-3.0-or-later';

/** espeak-ng, a process for each text: small, offline, in a hundred languages, and sounding like it. */
export class EspeakSynthesizer extends SpeechSynthesizer {
  override readonly engine = 'local:espeak-ng';
  private found: readonly SpeechVoice[] = [];

  /** @param command the espeak-ng program */
  constructor(private readonly command: string) {
    super();
  }

  override async init(): Promise<void> {
    this.found = parseVoices(await runProgram(this.command, ['--voices'], 'espeak-ng'));
  }

  override voices(): readonly SpeechVoice[] {
    return this.found;
  }

  /** The text goes in by stdin: arguments can be seen by every process of the machine. */
  override speak(text: string, voice: string, { speed, signal }: SpeechManner): EngineAudio {
    const args = ['--stdin', '--stdout', '-b', '1', '-v', voice];
    const input = `${espeakText(text)}\n`;
    const chunks = programOutput(this.command, args, { unavailable: SPEECH_UNAVAILABLE, input, signal });
    return { sampleRateHz: undefined, speed, chunks };
  }
}

/** Voices of espeak-ng's own table, by language; those of MBROLA need data that is seldom there. General American comes
 *  first among the English ones. */
function parseVoices(table: string): SpeechVoice[] {
  const languages = table
    .split('\n')
    .slice(1)
    .map((line) => /^\s*\d+\s+(\S+)\s+\S+\s+\S+\s+(\S+)/.exec(line))
    .filter((row) => row !== null && !row[2]!.startsWith('mb/') && !row[2]!.startsWith('!v/'))
    .map((row) => row![1]!.toLowerCase());
  return [...new Set(languages)]
    .sort((one, other) => Number(other === 'en-us') - Number(one === 'en-us'))
    .map((name) => ({ name, language: languageOf(name), licence: ESPEAK_LICENCE }));
}

/** BCP 47 of espeak-ng's voice: `en-us` is en-US; what follows the region is a variety of its own making. */
function languageOf(voice: string): string {
  const [language = '', region = ''] = voice.split('-');
  return /^[a-z]{2}$/.test(region) ? `${language}-${region.toUpperCase()}` : language;
}
