import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childOutput } from '../process/child-output.js';
import { SpeechSynthesizer, type SpeechVoice } from './speech-synthesizer.js';

export interface LocalVoiceOptions {
  /** The espeak-ng program. */
  readonly command: string;
  readonly defaultVoice: string;
}

/** OpenAI's voice names as variants of English voices: by accent, sex and pitch. */
const OPENAI_VOICES: Readonly<Record<string, string>> = {
  alloy: 'en-us',
  ash: 'en-us+m2',
  ballad: 'en-gb+m3',
  coral: 'en-us+f2',
  echo: 'en-us+m3',
  fable: 'en-gb',
  nova: 'en-us+f3',
  onyx: 'en-us+m7',
  sage: 'en-gb+f2',
  shimmer: 'en-us+f4',
  verse: 'en-gb-scotland',
};

/** espeak-ng, a process for each text: small, offline, in a hundred languages, and sounding like it. */
export class LocalVoice extends SpeechSynthesizer {
  override readonly engine = 'local:espeak-ng';
  private found: readonly SpeechVoice[] = [];

  constructor(private readonly options: LocalVoiceOptions) {
    super();
  }

  override async init(): Promise<void> {
    const { command } = this.options;
    try {
      const { stdout } = await promisify(execFile)(command, ['--voices'], { timeout: 5_000 });
      this.found = parseVoices(stdout);
    } catch (cause) {
      throw new Error(`${command} does not run; install it with: apt-get install espeak-ng`, { cause });
    }
  }

  override voices(): readonly SpeechVoice[] {
    const aliases = Object.entries(OPENAI_VOICES).map(([name, voice]) => ({
      name,
      language: voice.split('+')[0]!,
    }));
    return [...aliases, ...this.found];
  }

  override resolveVoice(name: string): string | undefined {
    if (name === '') return this.resolveVoice(this.options.defaultVoice);
    return (
      OPENAI_VOICES[name.toLowerCase()] ?? this.found.find((voice) => voice.name === name.toLowerCase())?.name
    );
  }

  /** The text goes in by stdin: arguments can be seen by every process of the machine. */
  override speak(text: string, voice: string, signal: AbortSignal): AsyncIterable<Buffer> {
    const args = ['--stdin', '--stdout', '-b', '1', '-v', voice];
    return childOutput(this.options.command, args, { input: `${plain(text)}\n`, signal });
  }
}

/** espeak-ng takes `[[…]]` for phonemes and control characters for commands. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ').replaceAll('[[', '[ [');
}

/** Voices of espeak-ng's own table, by language; those of MBROLA need data that is seldom there. */
function parseVoices(table: string): SpeechVoice[] {
  const languages = table
    .split('\n')
    .slice(1)
    .map((line) => /^\s*\d+\s+(\S+)\s+\S+\s+\S+\s+(\S+)/.exec(line))
    .filter((row) => row !== null && !row[2]!.startsWith('mb/') && !row[2]!.startsWith('!v/'))
    .map((row) => row![1]!.toLowerCase());
  return [...new Set(languages)].map((language) => ({ name: language, language }));
}
