/** Where there is speech, and where utterances begin and end. */
export { Endpointer, POST_ROLL_MS, type Endpoint, type EndpointerOptions } from './endpointer.js';
export { fixedPauseMs, longestPauseMs, pauseLimitMs, type Eagerness } from './turn/pause-limit.js';
export { turnProbability, turnTerms, type PauseEvidence } from './turn/turn-classifier.js';
export { SmartTurn, TURN_MODEL, TURN_MODEL_KIND, TURN_MODELS } from './turn/smart-turn.js';
export { textEnding, type TextEnding } from './turn/text-ending.js';
export { SpeechMap, type SpeechStretch } from './speech-map.js';
export {
  msOf,
  samplesOf,
  VAD_FRAME_MS,
  VAD_FRAME_SAMPLES,
  VAD_MODEL,
  VoiceActivityDetector,
  VoiceActivityService,
} from './voice-activity.js';
