import { voiceNotFound } from '@parlance/contracts';
import type { SpeechSynthesizer, SpeechVoice } from '../engines/speech-synthesizer.js';
import { DEFAULT_ALIAS, VOICE_NAMES } from './voice-names.js';

/** A voice of one engine. */
export interface ChosenVoice {
  readonly synthesizer: SpeechSynthesizer;
  readonly voice: SpeechVoice;
}

/** A voice as clients see it. */
export interface ListedVoice extends SpeechVoice {
  readonly engine: string;
  readonly aliases: readonly string[];
}

/** Every voice there is, by every name it answers to. */
export class VoiceTable {
  private readonly voices: readonly ChosenVoice[];
  private readonly byName: ReadonlyMap<string, ChosenVoice>;
  private readonly byAlias: ReadonlyMap<string, ChosenVoice>;
  readonly standard: ChosenVoice;

  /** @param engines best first, at least one of them with voices
   *  @param defaultVoice the name of the voice that speaks where nothing else is said; where there is none of that name, the first one of
   *  English */
  constructor(engines: readonly SpeechSynthesizer[], defaultVoice: string) {
    this.voices = engines.flatMap((synthesizer) =>
      synthesizer.voices().map((voice) => ({ synthesizer, voice })),
    );
    const byName = new Map<string, ChosenVoice>();
    for (const one of this.voices) {
      const name = one.voice.name.toLowerCase();
      if (!byName.has(name)) byName.set(name, one);
    }
    this.byName = byName;
    const standard = byName.get(defaultVoice.toLowerCase()) ?? this.ofLanguage('en-US') ?? this.voices[0];
    if (!standard) throw new Error('no engine has a voice');
    this.standard = standard;
    this.byAlias = new Map([[DEFAULT_ALIAS, standard], ...this.aliases()]);
  }

  /** Who is to speak, best first: the voice asked for, then one of its language of each engine behind its own.
   *  @param name empty for the first voice of `language`
   *  @param language BCP 47 of the text; empty for the default voice's
   *  @throws AppError voice.not_found, which names the voices of the default's language */
  choose(name: string, language = ''): ChosenVoice[] {
    const first = name === '' ? this.forLanguage(language) : this.find(name);
    if (!first) {
      const voices = this.voices.map(({ voice }) => voice);
      throw voiceNotFound(name, voices, this.standard.voice.name);
    }
    const engines = [...new Set(this.voices.map(({ synthesizer }) => synthesizer))];
    const behind = engines.slice(engines.indexOf(first.synthesizer) + 1);
    return [
      first,
      ...behind.flatMap((engine) => {
        const own = this.voices.filter(({ synthesizer }) => synthesizer === engine);
        return this.ofLanguage(first.voice.language, own) ?? [];
      }),
    ];
  }

  list(): ListedVoice[] {
    const aliases = [...this.byAlias];
    return this.voices.map((one) => ({
      ...one.voice,
      engine: one.synthesizer.engine,
      aliases: aliases.filter(([, other]) => other === one).map(([alias]) => alias),
    }));
  }

  private find(name: string): ChosenVoice | undefined {
    const wanted = name.toLowerCase();
    return this.byName.get(wanted) ?? this.byAlias.get(wanted);
  }

  private forLanguage(language: string): ChosenVoice {
    if (language === '' || languageMatch(this.standard.voice.language, language) > 0) return this.standard;
    return this.ofLanguage(language) ?? this.standard;
  }

  /** The first voice of a language, of its region before others. */
  private ofLanguage(language: string, among = this.voices): ChosenVoice | undefined {
    const match = ({ voice }: ChosenVoice): number => languageMatch(voice.language, language);
    // The order of the engines counts more than the region: a good voice of another country before a poor one.
    const [best] = among.filter((one) => match(one) > 0);
    if (!best) return undefined;
    const ofEngine = among.filter(({ synthesizer }) => synthesizer === best.synthesizer);
    return ofEngine.find((one) => match(one) === 2) ?? best;
  }

  private aliases(): [string, ChosenVoice][] {
    return [...VOICE_NAMES].flatMap(([alias, { polly, kokoro = '', language }]) => {
      if (this.byName.has(alias)) return [];
      const voice =
        this.byName.get(polly.toLowerCase()) ?? this.byName.get(kokoro) ?? this.ofLanguage(language);
      return voice ? [[alias, voice] as [string, ChosenVoice]] : [];
    });
  }
}

/** espeak-ng's name of a language where it is not the tag itself. */
const ESPEAK_NAMES: ReadonlyMap<string, string> = new Map([
  ['zh', 'cmn'],
  ['no', 'nb'],
  ['tl', 'fil'],
]);

/** The language without region and script; Mandarin is `cmn` under whichever tag.
 *  @param tag BCP 47 or ISO 639-1 */
export function primaryLanguage(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? '';
  return ESPEAK_NAMES.get(primary) ?? primary;
}

/** How well a voice's language is what is asked for: 2 with its region, 1 without, 0 not at all. */
export function languageMatch(voice: string, asked: string): 0 | 1 | 2 {
  if (voice.toLowerCase() === asked.toLowerCase()) return 2;
  return primaryLanguage(voice) === primaryLanguage(asked) ? 1 : 0;
}
