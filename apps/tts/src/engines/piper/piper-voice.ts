import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';

/** What a Piper voice's `.onnx.json` says, as far as it is needed. */
const voiceFileSchema = z.object({
  audio: z.object({ sample_rate: z.number().int().min(8_000).max(48_000) }),
  espeak: z.object({ voice: z.string().regex(/^[\w+-]+$/) }),
  inference: z
    .object({
      noise_scale: z.number().default(0.667),
      length_scale: z.number().positive().default(1),
      noise_w: z.number().default(0.8),
    })
    .prefault({}),
  phoneme_type: z.literal('espeak').default('espeak'),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int().nonnegative())),
  language: z.object({ code: z.string() }).optional(),
  dataset: z.string().optional(),
});

/** One voice of Piper (https://github.com/rhasspy/piper): a VITS model and its description. */
export interface PiperVoice {
  /** Without language and quality: `joe` of en_US-joe-medium. */
  readonly name: string;
  /** BCP 47. */
  readonly language: string;
  readonly licence: string;
  /** The ONNX file. */
  readonly model: string;
  /** When it was installed, seconds since 1970. */
  readonly installedAt: number;
  readonly sampleRateHz: number;
  readonly espeakVoice: string;
  readonly noiseScale: number;
  readonly lengthScale: number;
  readonly noiseW: number;
  readonly phonemeIds: ReadonlyMap<string, readonly number[]>;
}

/** Voices whose licence is known; of others the model card tells. */
const LICENCES: ReadonlyMap<string, string> = new Map([['en_US-joe-medium', 'CC0-1.0']]);

/** The Piper voices of the model folders: each `piper-*` with one `.onnx` and its `.onnx.json`. Of two with one name the first wins.
 *  @throws Error naming the file that cannot be read */
export async function findPiperVoices(modelFolders: readonly string[]): Promise<PiperVoice[]> {
  const voices = new Map<string, PiperVoice>();
  for (const folder of modelFolders) {
    const entries = (await readdir(folder).catch((): string[] => []))
      .filter((name) => name.startsWith('piper-'))
      .sort();
    for (const entry of entries) {
      const voice = await readVoice(join(folder, entry));
      if (voice && !voices.has(voice.name)) voices.set(voice.name, voice);
    }
  }
  return [...voices.values()];
}

async function readVoice(folder: string): Promise<PiperVoice | undefined> {
  const files = await readdir(folder).catch((): string[] => []);
  const [model, ...others] = files.filter((name) => name.endsWith('.onnx'));
  if (model === undefined || others.length > 0 || !files.includes(`${model}.json`)) return undefined;
  const description = join(folder, `${model}.json`);
  const id = basename(model, '.onnx');
  try {
    const read = voiceFileSchema.parse(JSON.parse(await readFile(description, 'utf8')));
    const [code = '', name = id] = id.split('-');
    return {
      name: (read.dataset ?? name).toLowerCase(),
      language: (read.language?.code ?? code).replace('_', '-'),
      licence: LICENCES.get(id) ?? 'as its model card says',
      model: join(folder, model),
      installedAt: Math.floor((await stat(join(folder, model))).mtimeMs / 1_000),
      sampleRateHz: read.audio.sample_rate,
      espeakVoice: read.espeak.voice,
      noiseScale: read.inference.noise_scale,
      lengthScale: read.inference.length_scale,
      noiseW: read.inference.noise_w,
      phonemeIds: new Map(Object.entries(read.phoneme_id_map)),
    };
  } catch (cause) {
    throw new Error(`${description} does not describe a Piper voice`, { cause });
  }
}
