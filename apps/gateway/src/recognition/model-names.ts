import { AppError } from '@parlance/errors';

/** OpenAI's names for "the configured default". */
const RECOGNITION_ALIASES = new Set(['whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe']);
const SPEECH_ALIASES = new Set(['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts']);

/** What inference is asked for; empty is its default. */
export function recognitionModel(name: string): string {
  return RECOGNITION_ALIASES.has(name) ? '' : name;
}

/** @throws AppError model.not_found: speech has one model, whatever OpenAI calls it */
export function assertSpeechModel(name: string): void {
  if (!SPEECH_ALIASES.has(name))
    throw new AppError('model.not_found', `There is no speech model named "${name}".`);
}
