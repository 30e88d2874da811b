import { open } from 'node:fs/promises';
import { floatToPcm } from '@parlance/audio';
import type { SpeechWord } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { OnDemandModel } from '@parlance/onnx';
import { SpokenPhrase, wordsOfPhrases } from '../../words/spoken-phrase.js';
import {
  nativeSpeed,
  nothingToSpeak,
  SampleClock,
  VOICE_FAULTS,
  type NeuralOptions,
} from '../neural-voice.js';
import { phrasesOf } from '../phonemes/clauses.js';
import { Phonemizer } from '../phonemes/phonemizer.js';
import { phonemeRuns } from '../phoneme-runs.js';
import {
  SpeechSynthesizer,
  type SpeechManner,
  type SpeechVoice,
  type EngineAudio,
} from '../speech-synthesizer.js';
import { kokoroPhonemes, kokoroSoundLengths, kokoroTokens, TIE } from './kokoro-phonemes.js';
import { KOKORO_TOKENS } from './kokoro-tokens.js';
import { findKokoro, type KokoroInstallation, type KokoroVoice } from './kokoro-voices.js';

const RATE_HZ = 24_000;
/** The model allows 510 tokens; shorter runs give the first audio sooner and need less memory: about 250 MB for ten seconds of speech. */
const LONGEST_RUN = 160;
/** The inner tensor of the model that says how many frames each token takes. */
const DURATIONS = '/encoder/Clip_output_0';
const STYLE_ROWS = 510;
const STYLE_SIZE = 256;
const FLOAT_BYTES = 4;

/** Kokoro (https://huggingface.co/hexgrad/Kokoro-82M): many voices of high quality, ten times slower than Piper's. */
export class KokoroSynthesizer extends SpeechSynthesizer {
  override readonly engine = 'local:kokoro';
  private installed: KokoroInstallation | undefined;
  private byName: ReadonlyMap<string, KokoroVoice> = new Map();
  private model: OnDemandModel | undefined;
  private readonly phonemizer: Phonemizer;

  constructor(private readonly options: NeuralOptions) {
    super();
    this.phonemizer = new Phonemizer({ command: options.espeak, tie: TIE });
  }

  override async init(): Promise<void> {
    this.installed = await findKokoro(this.options.modelFolders);
    if (!this.installed) return;
    this.byName = new Map(this.installed.voices.map((voice) => [voice.name, voice]));
    const { threads, limits, onLost } = this.options;
    const file = this.installed.model;
    this.model = new OnDemandModel({
      file,
      reveal: DURATIONS,
      threads,
      ...limits,
      texts: VOICE_FAULTS,
      onLost: (reason) => onLost('kokoro', reason),
    });
  }

  override voices(): readonly SpeechVoice[] {
    const { voices = [], installedAt } = this.installed ?? {};
    return voices.map(({ name, language, licence, gender }) => ({
      name,
      language,
      licence,
      ...(installedAt === undefined ? {} : { installedAt }),
      ...(gender ? { gender } : {}),
    }));
  }

  override speak(text: string, name: string, { speed, signal }: SpeechManner): EngineAudio {
    const voice = this.byName.get(name);
    if (!voice || !this.model) throw new AppError('voice.not_found', 'This voice is not installed any more.');
    const { native, rest } = nativeSpeed(speed);
    const spoken: SpokenPhrase[] = [];
    const chunks = this.samples(this.model, text, voice, { speed: native, signal }, spoken);
    return { sampleRateHz: RATE_HZ, speed: rest, chunks, words: () => this.words(spoken, voice, signal) };
  }

  override async stop(): Promise<void> {
    this.phonemizer.stop();
    await this.model?.stop();
  }

  private async *samples(
    model: OnDemandModel,
    text: string,
    voice: KokoroVoice,
    { speed, signal }: SpeechManner,
    spoken: SpokenPhrase[],
  ): AsyncGenerator<Buffer> {
    const clock = new SampleClock(RATE_HZ);
    const runs = model.begin(signal);
    let hasSpoken = false;
    for (const phrase of phrasesOf(text)) {
      const sounds = await this.phonemizer.phonemes(phrase, voice.espeakVoice, signal);
      const parts = phrase.map((clause, index) => kokoroPhonemes([clause], [sounds[index]!], voice.language));
      const spokenPhrase = new SpokenPhrase(phrase, parts);
      spoken.push(spokenPhrase);
      for (const run of phonemeRuns(spokenPhrase.line, LONGEST_RUN)) {
        const tokens = kokoroTokens(run, KOKORO_TOKENS);
        if (tokens.length === 0) continue;
        const style = await styleRow(voice.styles, tokens.length);
        const ids = BigInt64Array.from([0, ...tokens, 0], BigInt);
        const startMs = clock.ms;
        const [samples, durations] = await runs.run('whole', {
          tokens: { type: 'int64', dims: [1, ids.length], data: ids },
          input_ids: { type: 'int64', dims: [1, ids.length], data: ids },
          style: { type: 'float32', dims: [1, STYLE_SIZE], data: style },
          speed: { type: 'float32', dims: [1], data: Float32Array.of(speed) },
        });
        yield clock.count(floatToPcm(samples!.data as Float32Array));
        const lengths = kokoroSoundLengths(run, KOKORO_TOKENS, durations && (durations.data as Float32Array));
        spokenPhrase.locate({ sounds: run, lengths, startMs, endMs: clock.ms });
        hasSpoken = true;
      }
    }
    if (!hasSpoken) throw nothingToSpeak();
  }

  private async words(
    spoken: readonly SpokenPhrase[],
    { espeakVoice, language }: KokoroVoice,
    signal: AbortSignal,
  ): Promise<SpeechWord[]> {
    const spell = async (words: readonly string[]): Promise<string[]> => {
      const clauses = words.map((text) => ({ text, mark: '' }));
      const sounds = await this.phonemizer.phonemes(clauses, espeakVoice, signal);
      return clauses.map((clause, index) => kokoroPhonemes([clause], [sounds[index]!], language));
    };
    return wordsOfPhrases(spoken, language, spell);
  }
}

/** A voice has one style for each number of tokens.
 *  @throws AppError model.invalid where the file is too short */
async function styleRow(file: string, tokens: number): Promise<Float32Array> {
  const size = STYLE_SIZE * FLOAT_BYTES;
  const row = new Float32Array(STYLE_SIZE);
  const handle = await open(file).catch((cause: unknown) => {
    throw new AppError('model.invalid', VOICE_FAULTS.unusable, { cause });
  });
  try {
    const { bytesRead } = await handle.read({
      buffer: new Uint8Array(row.buffer),
      position: Math.min(tokens, STYLE_ROWS - 1) * size,
    });
    if (bytesRead !== size) throw new AppError('model.invalid', VOICE_FAULTS.unusable);
    return row;
  } finally {
    await handle.close();
  }
}
