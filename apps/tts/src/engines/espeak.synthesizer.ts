import type { SpeechWord } from '@parlance/contracts';
import { programOutput, runProgram } from '@parlance/processes';
import { SoundingMeter } from '../words/sounding-meter.js';
import { estimatedWords } from '../words/estimated-words.js';
import { wordsOf } from '../words/spoken-phrase.js';
import { phrasesOf } from './phonemes/clauses.js';
import { espeakText, Phonemizer } from './phonemes/phonemizer.js';
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
  private readonly phonemizer: Phonemizer;

  /** @param command the espeak-ng program */
  constructor(private readonly command: string) {
    super();
    this.phonemizer = new Phonemizer({ command });
  }

  override async init(): Promise<void> {
    this.found = parseVoices(await runProgram(this.command, ['--voices'], 'espeak-ng'));
  }

  override voices(): readonly SpeechVoice[] {
    return this.found;
  }

  override async stop(): Promise<void> {
    this.phonemizer.stop();
  }

  /** The text goes in by stdin: arguments can be seen by every process of the machine. */
  override speak(text: string, voice: string, { speed, signal }: SpeechManner): EngineAudio {
    const args = ['--stdin', '--stdout', '-b', '1', '-v', voice];
    const input = `${espeakText(text)}\n`;
    const made = programOutput(this.command, args, { unavailable: SPEECH_UNAVAILABLE, input, signal });
    const meter = new SoundingMeter();
    const words = () => this.words(text, voice, meter, signal);
    return { sampleRateHz: undefined, speed, chunks: metered(made, meter), words };
  }

  /** The program does not tell them: estimated from its pauses and the number of sounds of each word. */
  private async words(
    text: string,
    voice: string,
    { soundings }: SoundingMeter,
    signal: AbortSignal,
  ): Promise<SpeechWord[]> {
    const language = languageOf(voice);
    const clauses = phrasesOf(text)
      .flat()
      .map((clause) => wordsOf(clause.text, language))
      .filter((words) => words.length > 0);
    const alone = clauses.flat().map((word) => ({ text: word, mark: '' }));
    if (alone.length === 0) return [];
    const sounds = await this.phonemizer.phonemes(alone, voice, signal);
    let next = 0;
    const weighed = clauses.map((words) => ({
      words: words.map((word) => ({ text: word, weight: soundCount(sounds[next++] ?? '') })),
    }));
    return estimatedWords(weighed, soundings);
  }
}

async function* metered(chunks: AsyncIterable<Buffer>, meter: SoundingMeter): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    meter.push(chunk);
    yield chunk;
  }
}

/** Sounds of a word; a long vowel counts twice, since its mark is one more letter. Each word takes some time. */
function soundCount(sounds: string): number {
  return Math.max(1, [...sounds.replace(/[ˈˌ\s\u0300-\u036f]/gu, '')].length);
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
