import { list } from '@parlance/config';

/** A name of OpenAI's models of transcription, and the model that recognises for it. */
export interface OpenAiModelAlias {
  readonly name: string;
  /** Empty: the default model. */
  readonly model: string;
}

const ENTRY = /^([\w.-]+):([\w./-]*)$/;

/** The first one is what the default model is told as. */
const USUAL = [
  ...['whisper-1:', 'gpt-transcribe:', 'gpt-4o-transcribe:', 'gpt-4o-mini-transcribe:'],
  ...['gpt-live-transcribe:', 'gpt-realtime-whisper:'],
];

/** `name:model`, comma separated. */
const aliases = list(USUAL).transform((entries, context) =>
  entries.map((entry, index): OpenAiModelAlias => {
    const [, name = '', model = ''] = ENTRY.exec(entry) ?? [];
    if (name === '')
      context.addIssue({ code: 'custom', message: `entry ${index + 1} must read NAME:MODEL or NAME:` });
    return { name, model };
  }),
);

export const openAiModelsEnv = {
  /** What OpenAI's names of models stand for; an empty model is the default one. */
  PARLANCE_OPENAI_MODELS: aliases,
  /** OpenAI's names of speech models: all stand for the one chain of voices that there is. */
  PARLANCE_OPENAI_SPEECH_MODELS: list(['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts']),
};

/** The model that inference is asked for where a client asks for this one; empty is its default. */
export function recognitionModel(known: readonly OpenAiModelAlias[], asked: string): string {
  return known.find(({ name }) => name === asked)?.model ?? asked;
}

/** What stands for the default model where a client names none. */
export function nameOfDefault(known: readonly OpenAiModelAlias[], defaultModel: string): string {
  return known.find(({ model }) => model === '')?.name ?? defaultModel;
}
