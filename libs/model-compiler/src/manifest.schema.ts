import { z } from 'zod';
import { N_FFT, STFT_HOP } from './graphs/mel-graph.js';
import { PRECISIONS } from './whisper/weight-forms.js';

const whole = z.number().int().nonnegative();
const content = { bytes: whole, sha256: z.string() };

/** manifest.json of a compiled model: everything a recogniser needs to know besides the graphs (GRAPHS.md). */
export const ManifestSchema = z.object({
  formatVersion: z.literal(1),
  graphVersion: z.string(),
  name: z.string(),
  sourceHash: z.string(),
  dims: z.object({
    mels: whole,
    encoderContext: whole,
    encoderWidth: whole,
    encoderHeads: whole,
    encoderLayers: whole,
    vocabulary: whole,
    decoderContext: whole,
    decoderWidth: whole,
    decoderHeads: whole,
    decoderLayers: whole,
  }),
  multilingual: z.boolean(),
  tokens: z.object({
    eot: whole,
    sot: whole,
    languages: z.record(z.string(), whole),
    translate: whole,
    transcribe: whole,
    sotLm: whole,
    sotPrev: whole,
    noSpeech: whole,
    noTimestamps: whole,
    timestampBegin: whole,
  }),
  suppressTokens: z.array(whole),
  blankTokens: z.array(whole),
  alignmentHeads: z.array(z.tuple([whole, whole])),
  precisions: z.array(z.enum(PRECISIONS)),
  graphs: z.record(z.string(), z.object({ file: z.string(), ...content })),
  weights: z.record(z.string(), z.object(content)),
  sampleRate: z.literal(16000),
  hop: z.literal(STFT_HOP),
  nFft: z.literal(N_FFT),
});
export type Manifest = z.infer<typeof ManifestSchema>;
