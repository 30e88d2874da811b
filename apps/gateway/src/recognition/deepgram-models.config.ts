import { list } from '@parlance/config';

/** A name of Deepgram's models, or the beginning of some, and the model that recognises for it. */
export interface DeepgramModelAlias {
  readonly name: string;
  /** Whether names that begin so are meant too. */
  readonly isPrefix: boolean;
  /** Empty: the default model. */
  readonly model: string;
}

const ENTRY = /^([\w.-]+)(\*?):([\w./-]*)$/;

/** `name:model`, comma separated. */
const aliases = list(['nova*:', 'enhanced*:', 'base*:']).transform((entries, context) =>
  entries.map((entry, index): DeepgramModelAlias => {
    const [, name = '', star, model = ''] = ENTRY.exec(entry) ?? [];
    if (name === '')
      context.addIssue({ code: 'custom', message: `entry ${index + 1} must read NAME:MODEL or NAME*:MODEL` });
    return { name, isPrefix: star === '*', model };
  }),
);

export const deepgramModelsEnv = {
  /** What Deepgram's names of models stand for; an empty model is the default one. */
  PARLANCE_DEEPGRAM_MODELS: aliases,
};

/** The model that a client of Deepgram asks for; a name that is none of Deepgram's stays. */
export function modelOfAlias(known: readonly DeepgramModelAlias[], asked: string): string {
  const alias = known.find(({ name, isPrefix }) => (isPrefix ? asked.startsWith(name) : asked === name));
  return alias?.model ?? asked;
}
