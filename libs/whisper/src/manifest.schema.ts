import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@parlance/errors';

const id = z.number().int().nonnegative();

/** manifest.json of a compiled model (written by libs/model-compiler); what inference does not read is not listed. */
const manifestSchema = z.object({
  formatVersion: z.number(),
  name: z.string(),
  dims: z.object({
    mels: id,
    encoderContext: id,
    vocabulary: id,
    decoderContext: id,
    decoderLayers: id,
    decoderHeads: id,
    decoderWidth: id,
  }),
  multilingual: z.boolean(),
  tokens: z.object({
    sot: id,
    eot: id,
    noTimestamps: id,
    timestampBegin: id,
    noSpeech: id,
    sotPrev: id,
    transcribe: id,
    translate: id,
    languages: z.record(z.string(), id),
  }),
  suppressTokens: z.array(id),
  blankTokens: z.array(id),
  alignmentHeads: z.array(z.tuple([id, id])),
  /** What the folder holds beside f32's encoder; the compiler may know more than this service. */
  precisions: z.array(z.string()),
  graphs: z.record(z.string(), z.object({ file: z.string() })),
});

export type WhisperManifest = z.infer<typeof manifestSchema>;
export type SpecialTokens = WhisperManifest['tokens'];

/** @throws AppError model.invalid */
export async function readManifest(folder: string): Promise<WhisperManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  } catch (cause) {
    throw new AppError(
      'model.invalid',
      'The compiled model is damaged or of another version; run: parlance models build',
      { cause },
    );
  }
}
