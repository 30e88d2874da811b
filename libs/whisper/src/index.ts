/** Speech recognition with Whisper models; the models run in the workers of @parlance/onnx, started with WHISPER_MODELS. */
export { decodingOf, DEFAULT_DECODING, MAX_TOKENS, type DecodingOptions } from './decoding-options.js';
export type { LanguageChoice } from './language-choice.js';
export type { LoadedModels, ModelHold } from './loaded-models.js';
export type {
  Pcm,
  PcmSource,
  Segment,
  TranscribeOptions,
  Transcription,
  TranscriptionSummary,
  Word,
} from './recognition.types.js';
export { spokenLanguages } from './spoken-languages.js';
export { repetitionIn } from './text/repetition.js';
export { UtteranceRecognizer } from './utterance-recognizer.js';
export { textOf, type HeardWord, type Utterance, type UtteranceOptions } from './utterance.types.js';
export { WHISPER_MODELS } from './whisper-models.js';
export { WhisperRecognizer, type RecognizerOptions } from './whisper-recognizer.js';
export type { WindowRequest, WindowResult } from './window.js';
export { DEFAULT_WORDS } from './words/punctuation.js';
