/** Speech recognition with Whisper models; the models run in the workers of @parlance/onnx, started with WHISPER_MODELS. */
export { spokenLanguages, type LanguageChoice } from './language.js';
export { WHISPER_MODELS, type LoadedModels, type ModelHold } from './loaded-models.js';
export {
  decodingOf,
  DEFAULT_DECODING,
  MAX_COMPRESSION_RATIO,
  MAX_TOKENS,
  textOf,
  type DecodingOptions,
  type RecognizedWord,
  type Pcm,
  type PcmSource,
  type Segment,
  type TranscribeOptions,
  type Transcription,
  type TranscriptionSummary,
  type Utterance,
  type UtteranceOptions,
  type Word,
} from './options.js';
export { StreamingSession, type StreamingOptions, type StreamingResult } from './streaming-session.js';
export { repetitionIn } from './text-checks.js';
export { transcribe, Transcriber, type TranscriberOptions } from './transcriber.js';
export { UtteranceRecognizer } from './utterance-recognizer.js';
export { WhisperRecognizer, type RecognizerOptions } from './whisper-recognizer.js';
export type { WindowRequest, WindowResult } from './window.js';
export { DEFAULT_WORDS } from './word-timing.js';
