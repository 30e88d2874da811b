/** Silero VAD's frame, seconds. */
const VAD_SECONDS = 0.032;
const SPEECH_PROBABILITY = 0.5;
const PAUSE_SECONDS = 0.2;
const LONG_PAUSE_SECONDS = 0.5;
/** A row of the log-mel spectrogram, seconds. */
const MEL_SECONDS = 0.01;

/** What the speech and the pauses of one recording tell of its fluency, in the order of the models' inputs. */
export const PAUSE_FACTS = [
  'seconds',
  'speech_seconds',
  'span_seconds',
  'speech_share',
  'pauses',
  'pause_share',
  'longest_pause',
  'mean_pause',
  'long_pauses',
  'words',
  'phones',
  'speech_rate',
  'articulation_rate',
  'words_a_run',
  'level_variation',
  'log_speech_rate',
  'log_articulation_rate',
] as const;

export interface TextSize {
  readonly words: number;
  readonly phones: number;
}

/**
 * Rates and runs as in Cucchiarini, Strik and Boves, "Quantitative assessment of second language learners' fluency by means of automatic
 * speech recognition technology" (JASA, 2000): rate of speech, articulation rate, phonation-time ratio, mean length of pauses and of runs.
 * @param probabilities  Silero's, one for 32 ms
 * @param levels  loudest band of each 10 ms, log10
 * @returns one number for each of PAUSE_FACTS: times in seconds, rates in phones a second, level in dB; zeros where nobody speaks
 */
export function pauseFacts(probabilities: Float32Array, levels: Float32Array, text: TextSize): Float32Array {
  const where = speechIndices(probabilities);
  const [first] = where;
  const last = where.at(-1);
  if (first === undefined || last === undefined) return new Float32Array(PAUSE_FACTS.length);
  const span = (last + 1 - first) * VAD_SECONDS;
  const spoken = where.length * VAD_SECONDS;
  const pauses = where
    .slice(1)
    .map((at, i) => (at - where[i]! - 1) * VAD_SECONDS)
    .filter((gap) => gap >= PAUSE_SECONDS);
  const paused = pauses.reduce((sum, pause) => sum + pause, 0);
  const level = where.map(
    (at) => 10 * levels[Math.min(Math.trunc((at * VAD_SECONDS) / MEL_SECONDS), levels.length - 1)]!,
  );
  const rate = text.phones / span;
  const articulation = text.phones / spoken;
  return Float32Array.of(
    levels.length * MEL_SECONDS,
    spoken,
    span,
    spoken / span,
    pauses.length,
    paused / span,
    Math.max(0, ...pauses),
    pauses.length > 0 ? paused / pauses.length : 0,
    pauses.filter((pause) => pause >= LONG_PAUSE_SECONDS).length,
    text.words,
    text.phones,
    rate,
    articulation,
    text.words / (pauses.length + 1),
    deviation(level),
    Math.log(rate + 0.1),
    Math.log(articulation + 0.1),
  );
}

/** Which of the encoder's frames are speech; all of them where no speech was found.
 *  @param frameSeconds  20 ms for Whisper */
export function speechFrames(probabilities: Float32Array, frames: number, frameSeconds: number): boolean[] {
  const found = Array.from({ length: frames }, (_, i) => {
    const at = Math.trunc(((i + 0.5) * frameSeconds) / VAD_SECONDS);
    return (probabilities[Math.min(at, probabilities.length - 1)] ?? 0) >= SPEECH_PROBABILITY;
  });
  return found.includes(true) ? found : found.fill(true);
}

/** Frames of Silero's that are speech. */
export function speechIndices(probabilities: Float32Array): number[] {
  return [...probabilities.keys()].filter((i) => probabilities[i]! >= SPEECH_PROBABILITY);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
