/** Where there is speech, and where utterances begin and end. */
export { Endpointer, POST_ROLL_MS, type Endpoint, type EndpointerOptions } from './endpointer.js';
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
