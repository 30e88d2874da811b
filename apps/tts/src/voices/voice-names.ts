/** Who answers to a name that belongs to another service: that service's own voice where it is configured, else a local one of
 *  like character, else whoever speaks the language. */
export interface NamedVoice {
  readonly polly: string;
  readonly kokoro?: string;
  /** BCP 47. */
  readonly language: string;
}

const named = (polly: string, kokoro: string, language = 'en-US'): NamedVoice => ({
  polly,
  kokoro,
  language,
});

/** OpenAI's voices. `alloy` is not among them: its clients must name a voice, this is the one that all of them name first, and it
 *  stands for the default voice (docs/decisions/0011-voices.md). */
const OPENAI: Readonly<Record<string, NamedVoice>> = {
  ash: named('Gregory', 'am_fenrir'),
  ballad: named('Arthur', 'bm_lewis', 'en-GB'),
  cedar: named('Kevin', 'am_michael'),
  coral: named('Danielle', 'af_bella'),
  echo: named('Matthew', 'am_echo'),
  fable: named('Brian', 'bm_fable', 'en-GB'),
  marin: named('Kendra', 'af_heart'),
  nova: named('Ruth', 'af_nova'),
  onyx: named('Stephen', 'am_onyx'),
  sage: named('Emma', 'af_sarah'),
  shimmer: named('Salli', 'af_sky'),
  verse: named('Joey', 'am_puck'),
};

/** Polly's neural voices. */
const POLLY: Readonly<Record<string, Omit<NamedVoice, 'polly'>>> = {
  Joanna: { kokoro: 'af_kore', language: 'en-US' },
  Danielle: { kokoro: 'af_bella', language: 'en-US' },
  Ivy: { kokoro: 'af_nicole', language: 'en-US' },
  Kendra: { kokoro: 'af_heart', language: 'en-US' },
  Kimberly: { kokoro: 'af_aoede', language: 'en-US' },
  Ruth: { kokoro: 'af_nova', language: 'en-US' },
  Salli: { kokoro: 'af_sky', language: 'en-US' },
  Gregory: { kokoro: 'am_fenrir', language: 'en-US' },
  Joey: { kokoro: 'am_puck', language: 'en-US' },
  Justin: { kokoro: 'am_liam', language: 'en-US' },
  Kevin: { kokoro: 'am_eric', language: 'en-US' },
  Matthew: { kokoro: 'am_adam', language: 'en-US' },
  Stephen: { kokoro: 'am_onyx', language: 'en-US' },
  Amy: { kokoro: 'bf_alice', language: 'en-GB' },
  Emma: { kokoro: 'bf_emma', language: 'en-GB' },
  Arthur: { kokoro: 'bm_lewis', language: 'en-GB' },
  Brian: { kokoro: 'bm_george', language: 'en-GB' },
  Olivia: { kokoro: 'bf_lily', language: 'en-AU' },
  Niamh: { kokoro: 'bf_isabella', language: 'en-IE' },
  Lucia: { kokoro: 'ef_dora', language: 'es-ES' },
  Sergio: { kokoro: 'em_alex', language: 'es-ES' },
  Mia: { kokoro: 'ef_dora', language: 'es-MX' },
  Andres: { kokoro: 'em_alex', language: 'es-MX' },
  Lupe: { kokoro: 'ef_dora', language: 'es-US' },
  Pedro: { kokoro: 'em_santa', language: 'es-US' },
  Lea: { kokoro: 'ff_siwis', language: 'fr-FR' },
  Remi: { language: 'fr-FR' },
  Bianca: { kokoro: 'if_sara', language: 'it-IT' },
  Adriano: { kokoro: 'im_nicola', language: 'it-IT' },
  Camila: { kokoro: 'pf_dora', language: 'pt-BR' },
  Vitoria: { kokoro: 'pf_dora', language: 'pt-BR' },
  Thiago: { kokoro: 'pm_alex', language: 'pt-BR' },
  Kajal: { kokoro: 'hf_alpha', language: 'hi-IN' },
  Vicki: { language: 'de-DE' },
  Daniel: { language: 'de-DE' },
  Laura: { language: 'nl-NL' },
  Ola: { language: 'pl-PL' },
  Elin: { language: 'sv-SE' },
  Takumi: { language: 'ja-JP' },
  Kazuha: { language: 'ja-JP' },
  Seoyeon: { language: 'ko-KR' },
  Zhiyu: { language: 'cmn-CN' },
};

/** Polly's voices that only its standard engine has. */
const POLLY_STANDARD: Readonly<Record<string, Omit<NamedVoice, 'polly'>>> = {
  Nicole: { kokoro: 'af_nicole', language: 'en-AU' },
  Russell: { kokoro: 'bm_daniel', language: 'en-AU' },
  Geraint: { kokoro: 'bm_fable', language: 'en-GB' },
  Raveena: { kokoro: 'bf_alice', language: 'en-IN' },
  Conchita: { kokoro: 'ef_dora', language: 'es-ES' },
  Enrique: { kokoro: 'em_alex', language: 'es-ES' },
  Miguel: { kokoro: 'em_santa', language: 'es-US' },
  Penelope: { kokoro: 'ef_dora', language: 'es-US' },
  Celine: { kokoro: 'ff_siwis', language: 'fr-FR' },
  Mathieu: { language: 'fr-FR' },
  Carla: { kokoro: 'if_sara', language: 'it-IT' },
  Giorgio: { kokoro: 'im_nicola', language: 'it-IT' },
  Ricardo: { kokoro: 'pm_alex', language: 'pt-BR' },
  Hans: { language: 'de-DE' },
  Marlene: { language: 'de-DE' },
  Lotte: { language: 'nl-NL' },
  Ruben: { language: 'nl-NL' },
  Ewa: { language: 'pl-PL' },
  Jacek: { language: 'pl-PL' },
  Jan: { language: 'pl-PL' },
  Maja: { language: 'pl-PL' },
  Astrid: { language: 'sv-SE' },
  Mizuki: { language: 'ja-JP' },
  Tatyana: { language: 'ru-RU' },
  Maxim: { language: 'ru-RU' },
  Carmen: { language: 'ro-RO' },
  Filiz: { language: 'tr-TR' },
};

/** The name that stands for the default voice. */
export const DEFAULT_ALIAS = 'alloy';

/** Names of OpenAI's and of Polly's voices, in small letters. */
export const VOICE_NAMES: ReadonlyMap<string, NamedVoice> = new Map([
  ...Object.entries({ ...POLLY, ...POLLY_STANDARD }).map(
    ([polly, local]) => [polly.toLowerCase(), { polly, ...local }] as [string, NamedVoice],
  ),
  ...Object.entries(OPENAI),
]);
