import { characterCount, parseLanguage } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ENCODINGS, type Encoding } from '../encoding/encodings.js';

/** A checked request to speak a text. */
export interface SpeechOrder {
  readonly text: string;
  /** As asked for; empty for a voice of the language. */
  readonly voice: string;
  /** BCP 47; empty where it is not known. */
  readonly language: string;
  /** Whose it is; speech is kept for each tenant apart. */
  readonly tenant: string;
  /** The session that it is spoken in; absent where there is none. */
  readonly session?: string;
  readonly encoding: Encoding;
  /** 0.25 to 4. */
  readonly speed: number;
  /** A short silence in place of the text. */
  readonly isPause?: boolean;
}

export const LONGEST_TEXT = 4_096;

const SSML = /^\s*(<\?xml[^>]*>\s*)?<speak\b/i;

/** @param asked  as on the wire: `encoding` has its name in the proto
 *  @throws AppError request.invalid, speech.text_too_long, speech.ssml_unsupported */
export function speechOrder(asked: {
  text: string;
  voice: string;
  encoding: string;
  speed: number;
  language?: string;
  tenant?: string;
}): SpeechOrder {
  const text = asked.text.trim();
  if (text === '') throw new AppError('request.invalid', 'There is no text to speak.');
  const length = characterCount(text);
  if (length > LONGEST_TEXT)
    throw new AppError(
      'speech.text_too_long',
      `A text may have ${LONGEST_TEXT} characters; this one has ${length}.`,
    );
  if (SSML.test(text))
    throw new AppError('speech.ssml_unsupported', 'SSML is not spoken here; send the plain text.');
  const { tenant = '' } = asked;
  const language = parseLanguage(asked.language ?? '')?.tag ?? '';
  const isUnset = asked.encoding === 'SPEECH_ENCODING_UNSPECIFIED' || asked.encoding === '';
  const protoName = isUnset ? 'SPEECH_ENCODING_MP3' : asked.encoding;
  if (!Object.hasOwn(ENCODINGS, protoName))
    throw new AppError('request.invalid', 'This speech encoding is not known.');
  const encoding = ENCODINGS[protoName as Encoding['protoName']];
  // A float of the wire: 0.25 and 4 are exact, what lies between need not be.
  const speed = asked.speed === 0 ? 1 : Math.round(asked.speed * 1_000) / 1_000;
  if (!(speed >= 0.25 && speed <= 4))
    throw new AppError('request.invalid', 'The speed must be between 0.25 and 4.');
  return { text, voice: asked.voice, language, tenant, encoding, speed };
}
