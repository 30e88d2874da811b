import { RECOGNIZED_LANGUAGES } from '@parlance/contracts';

/** Answers of the gateway, as far as they are read. */
export interface GatewayOffer {
  /** `/v1/models` */
  readonly models: { readonly data: readonly { readonly id: string; readonly root?: string }[] };
  /** `/v1/audio/voices` */
  readonly voices: {
    readonly default: string;
    readonly voices: readonly { readonly id: string; readonly engine: string; readonly language: string }[];
  };
  /** `/status` */
  readonly status: { readonly languages?: { readonly recognition?: 'any' | readonly string[] | null } };
}

interface Artifact {
  readonly name: string;
  readonly description: string;
  readonly attribution: { readonly name: string; readonly url: string };
  readonly installed: true;
  readonly version: string | null;
}

interface Model extends Artifact {
  readonly languages: readonly string[];
}

/** The data of the event `info`. */
export interface WyomingInfo extends Readonly<Record<string, unknown>> {
  readonly asr: readonly (Artifact & {
    readonly models: readonly Model[];
    readonly supports_transcript_streaming: true;
    readonly requires_external_vad: true;
  })[];
  readonly tts: readonly (Artifact & {
    readonly voices: readonly Model[];
    readonly supports_synthesize_streaming: true;
  })[];
}

/** What the gateway has, in Wyoming's words. @param model  the only one that is told; undefined: all, the default first */
export function wyomingInfo({ models, voices, status }: GatewayOffer, model?: string): WyomingInfo {
  // Those that recognise by their own names: OpenAI's stand for one of them, or for the voices.
  const names = models.data.filter(({ id, root }) => id === root).map(({ id }) => id);
  const multilingual = multilingualLanguages(status);
  const byDefault = [...voices.voices].sort(
    (one, other) => Number(other.id === voices.default) - Number(one.id === voices.default),
  );
  return {
    asr: [
      {
        ...artifact('parlance', 'Parlance speech recognition', 'Parlance'),
        models: (model === undefined ? names : [model]).map((name) => ({
          ...artifact(name, name, 'OpenAI Whisper'),
          languages: name.endsWith('.en') ? ['en'] : multilingual,
        })),
        supports_transcript_streaming: true,
        // The transcript comes with audio-stop: silence does not end it.
        requires_external_vad: true,
      },
    ],
    tts: [
      {
        ...artifact('parlance', 'Parlance speech synthesis', 'Parlance'),
        voices: byDefault.map(({ id, engine, language }) => ({
          ...artifact(id, id, engine),
          languages: [language],
        })),
        supports_synthesize_streaming: true,
      },
    ],
  };
}

/** Of the models that are loaded, where the gateway knows. */
function multilingualLanguages({ languages }: GatewayOffer['status']): readonly string[] {
  const known = languages?.recognition;
  return Array.isArray(known) && known.length > 0 ? known : RECOGNIZED_LANGUAGES;
}

function artifact(name: string, description: string, maker: string): Artifact {
  // Clients need an address; there is none for what an installation has made its own.
  return { name, description, attribution: { name: maker, url: '' }, installed: true, version: null };
}
