/** Slaney's mel scale: linear below 1 kHz, logarithmic above (librosa.filters.mel with htk=False). */
const LINEAR_HZ_PER_MEL = 200 / 3;
const LOG_START_HZ = 1000;
const LOG_START_MEL = LOG_START_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

function hzToMel(hz: number): number {
  return hz < LOG_START_HZ ? hz / LINEAR_HZ_PER_MEL : LOG_START_MEL + Math.log(hz / LOG_START_HZ) / LOG_STEP;
}

function melToHz(mel: number): number {
  return mel < LOG_START_MEL
    ? mel * LINEAR_HZ_PER_MEL
    : LOG_START_HZ * Math.exp(LOG_STEP * (mel - LOG_START_MEL));
}

/** The triangular mel filter bank of openai/whisper (librosa.filters.mel, area-normalised).
 *  @returns [bands, nFft / 2 + 1], row-major */
export function melFilters(bands: number, sampleRateHz = 16000, nFft = 400): Float32Array {
  const bins = nFft / 2 + 1;
  const top = hzToMel(sampleRateHz / 2);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHz((top * i) / (bands + 1)));
  const filters = new Float32Array(bands * bins);
  for (let band = 0; band < bands; band++) {
    const [low, centre, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * sampleRateHz) / nFft;
      const height = Math.max(0, Math.min((hz - low) / (centre - low), (high - hz) / (high - centre)));
      filters[band * bins + bin] = (height * 2) / (high - low);
    }
  }
  return filters;
}
