import { list } from '@parlance/config';

/** A name of Deepgram's models, or the beginning of some, and the model or voice of ours that it stands for. */
export interface DeepgramModelAlias {
  readonly name: string;
  /** Whether names that begin so are meant too. */
  readonly isPrefix: boolean;
  /** Empty: the default one. */
  readonly model: string;
}

const ENTRY = /^([\w.-]+)(\*?):([\w./-]*)$/;

/** `name:model`, comma separated. @param what  stands behind the colon, in the message of a fault */
const aliases = (usual: readonly string[], what: 'MODEL' | 'VOICE') =>
  list([...usual]).transform((entries, context) =>
    entries.map((entry, index): DeepgramModelAlias => {
      const [, name = '', star, model = ''] = ENTRY.exec(entry) ?? [];
      const message = `entry ${index + 1} must read NAME:${what} or NAME*:${what}`;
      if (name === '') context.addIssue({ code: 'custom', message });
      return { name, isPrefix: star === '*', model };
    }),
  );

export const deepgramModelsEnv = {
  /** What Deepgram's names of models stand for; an empty model is the default one. */
  PARLANCE_DEEPGRAM_MODELS: aliases(['nova*:', 'enhanced*:', 'base*:'], 'MODEL'),
  /** What Deepgram's names of voices stand for; an empty voice is one of the language that the name ends with. */
  PARLANCE_DEEPGRAM_VOICES: aliases(['aura*:'], 'VOICE'),
};

/** The model or voice that a client of Deepgram asks for; a name that is none of Deepgram's stays. */
export function modelOfAlias(known: readonly DeepgramModelAlias[], asked: string): string {
  const alias = known.find(({ name, isPrefix }) => (isPrefix ? asked.startsWith(name) : asked === name));
  return alias?.model ?? asked;
}
