import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpeechVoice } from '../speech-synthesizer.js';

/** A voice of Kokoro and where its styles lie. */
export interface KokoroVoice extends SpeechVoice {
  readonly espeakVoice: string;
  /** 510 rows of 256 floats. */
  readonly styles: string;
}

export interface KokoroInstallation {
  /** The ONNX file. */
  readonly model: string;
  /** Seconds since 1970. */
  readonly installedAt: number;
  readonly voices: readonly KokoroVoice[];
}

const LICENCE = 'Apache-2.0';

interface Tongue {
  readonly language: string;
  readonly espeakVoice: string;
}
const AMERICAN: Tongue = { language: 'en-US', espeakVoice: 'en-us' };

/** By the first letter of a voice's name, as Kokoro's VOICES.md has them. Japanese (j) and Chinese (z) voices speak English here: what
 *  espeak-ng makes of their writing are not the sounds they have learnt (docs/decisions/0011-voices.md). */
const TONGUES: ReadonlyMap<string, Tongue> = new Map([
  ['a', AMERICAN],
  ['b', { language: 'en-GB', espeakVoice: 'en-gb' }],
  ['e', { language: 'es', espeakVoice: 'es' }],
  ['f', { language: 'fr', espeakVoice: 'fr-fr' }],
  ['h', { language: 'hi', espeakVoice: 'hi' }],
  ['i', { language: 'it', espeakVoice: 'it' }],
  ['j', AMERICAN],
  ['p', { language: 'pt-BR', espeakVoice: 'pt-br' }],
  ['z', AMERICAN],
]);
/** The best of a language (VOICES.md), which speaks for it. */
const FIRST = ['af_heart', 'bf_emma'];

/** Kokoro in the first model folder that has `kokoro-82m/model.onnx` and voices. */
export async function findKokoro(modelFolders: readonly string[]): Promise<KokoroInstallation | undefined> {
  for (const folder of modelFolders.map((parent) => join(parent, 'kokoro-82m'))) {
    const [files, styles] = await Promise.all(
      [folder, join(folder, 'voices')].map((path) => readdir(path).catch(() => [] as string[])),
    );
    const voices = styles!.flatMap((file) => voiceOf(folder, file)).sort(byPreference);
    if (!files!.includes('model.onnx') || voices.length === 0) continue;
    const model = join(folder, 'model.onnx');
    return { model, installedAt: Math.floor((await stat(model)).mtimeMs / 1_000), voices };
  }
  return undefined;
}

function voiceOf(folder: string, file: string): KokoroVoice[] {
  const [, letter = '', sex, rest] = /^([a-z])([fm])_(\w+)\.bin$/.exec(file) ?? [];
  const tongue = TONGUES.get(letter);
  if (!tongue || rest === undefined) return [];
  const name = file.slice(0, -'.bin'.length);
  const gender = sex === 'f' ? 'female' : 'male';
  return [{ name, gender, licence: LICENCE, styles: join(folder, 'voices', file), ...tongue }];
}

function byPreference(one: KokoroVoice, other: KokoroVoice): number {
  const rank = ({ name }: KokoroVoice): number =>
    FIRST.includes(name) ? 0 : name.startsWith('j') || name.startsWith('z') ? 2 : 1;
  return rank(one) - rank(other) || one.name.localeCompare(other.name);
}
