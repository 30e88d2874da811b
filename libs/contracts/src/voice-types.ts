/** Generated message types under the names the code uses; `__Output` is what arrives, the plain name what may be sent. */
export type { AssessRequest, AssessRequest__Output } from './generated/parlance/voice/v1/AssessRequest.js';
export type { AssessResponse, AssessResponse__Output } from './generated/parlance/voice/v1/AssessResponse.js';
export type { Assessment, Assessment__Output } from './generated/parlance/voice/v1/Assessment.js';
export type { AudioFormat, AudioFormat__Output } from './generated/parlance/voice/v1/AudioFormat.js';
export type {
  DecodingOptions,
  DecodingOptions__Output,
} from './generated/parlance/voice/v1/DecodingOptions.js';
export type { EndpointEvent, EndpointEvent__Output } from './generated/parlance/voice/v1/EndpointEvent.js';
export type { EndpointingConfig__Output } from './generated/parlance/voice/v1/EndpointingConfig.js';
export type {
  RecognitionConfig,
  RecognitionConfig__Output,
} from './generated/parlance/voice/v1/RecognitionConfig.js';
export type {
  RecognitionResult,
  RecognitionResult__Output,
} from './generated/parlance/voice/v1/RecognitionResult.js';
export type {
  RecognizeRequest,
  RecognizeRequest__Output,
} from './generated/parlance/voice/v1/RecognizeRequest.js';
export type {
  RecognizeResponse,
  RecognizeResponse__Output,
} from './generated/parlance/voice/v1/RecognizeResponse.js';
export type { Segment, Segment__Output } from './generated/parlance/voice/v1/Segment.js';
export type { SpeechMeasures, SpeechMeasures__Output } from './generated/parlance/voice/v1/SpeechMeasures.js';
export type { SpeechScores, SpeechScores__Output } from './generated/parlance/voice/v1/SpeechScores.js';
export type {
  StreamingConfig,
  StreamingConfig__Output,
} from './generated/parlance/voice/v1/StreamingConfig.js';
export type {
  StreamingRecognizeRequest,
  StreamingRecognizeRequest__Output,
} from './generated/parlance/voice/v1/StreamingRecognizeRequest.js';
export type {
  StreamingRecognizeResponse,
  StreamingRecognizeResponse__Output,
} from './generated/parlance/voice/v1/StreamingRecognizeResponse.js';
export type { Word, Word__Output } from './generated/parlance/voice/v1/Word.js';
export type { ConverseConfig, ConverseConfig__Output } from './generated/parlance/voice/v1/ConverseConfig.js';
export type { ConverseControl__Output } from './generated/parlance/voice/v1/ConverseControl.js';
export type {
  ConverseRequest,
  ConverseRequest__Output,
} from './generated/parlance/voice/v1/ConverseRequest.js';
export type {
  ConverseResponse,
  ConverseResponse__Output,
} from './generated/parlance/voice/v1/ConverseResponse.js';
export type { ConversationClient } from './generated/parlance/voice/v1/Conversation.js';
export type { SpeechClient } from './generated/parlance/voice/v1/Speech.js';
export type { SynthesisClient } from './generated/parlance/tts/v1/Synthesis.js';
export type { StreamQuestion, StreamQuestion__Output } from './generated/parlance/voice/v1/StreamQuestion.js';
