export { AudioDecoder, SPEECH_RATE_HZ, type AudioInput } from './audio-decoder.js';
export { A_LAW, g711Codes, MU_LAW } from './g711.js';
export { LevelMeter, SILENCE_DBFS, toDbfs } from './level-meter.js';
export { melFilters } from './mel-filters.js';
export { Mixdown } from './mixdown.js';
export { OpusReader } from './opus-reader.js';
export { Resampler } from './resampler.js';
export { RingBuffer } from './ring-buffer.js';
export {
  BYTES_PER_SAMPLE,
  floatToInt16,
  floatToPcm,
  int16ToFloat,
  samplesToFloat,
  type SampleFormat,
} from './sample-format.js';
export { SampleReader } from './sample-reader.js';
export { SOUND_FILE_HEAD_BYTES, soundFileIn, type SoundFile } from './sound-file.js';
export {
  MAX_SAMPLE_RATE_HZ,
  MIN_SAMPLE_RATE_HZ,
  parseWavHeader,
  type WavFormat,
  type WavHeader,
} from './wav-header.js';
export { WavReader } from './wav-reader.js';
export { wavHeader, writeWav } from './wav-writer.js';
