/** Measures of speech, and scores from them. */
export { FrameMeter, type FrameMeasures } from './frame-measures.js';
export { DNSMOS_SAMPLES, dnsmosRatings, dnsmosSegments, type DnsmosRatings } from './dnsmos.js';
export type { Disfluency } from './disfluencies.js';
export { fluencyFacts, type FluencyFacts, type SilentPause, type SpokenWord } from './fluency-facts.js';
export { integratedLoudness } from './loudness.js';
export { estimatePitch, PITCH_SPAN, type PitchEstimate } from './pitch.js';
export { clarityScore, confidenceScore, type ShareScore } from './share-scores.js';
export { recordingQuality, UNKNOWN_QUALITY, type RecordingQuality } from './recording-quality.js';
export { speechCurves, type SpeechCurves } from './speech-curves.js';
export { SpeechMeter } from './speech-meter.js';
export { scoreSpeech } from './speech-scores.js';
export {
  interactionFlowScore,
  responseTimeScore,
  turnTiming,
  type QuestionEnd,
  type TurnTiming,
} from './turn-timing.js';
