/** Measures of speech, and scores from them. */
export { FrameMeter, type FrameMeasures } from './frame-measures.js';
export { SpeechMeter } from './speech-meter.js';
export { scoreSpeech } from './speech-scores.js';
