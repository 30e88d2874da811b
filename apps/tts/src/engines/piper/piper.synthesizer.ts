import type { SpeechWord } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { OnDemandModel } from '@parlance/onnx';
import { SpokenPhrase, wordsOfPhrases } from '../../words/spoken-phrase.js';
import { endsSentence, phrasesOf } from '../phonemes/clauses.js';
import { Phonemizer } from '../phonemes/phonemizer.js';
import { phonemeRuns } from '../phoneme-runs.js';
import {
  nativeSpeed,
  nothingToSpeak,
  SampleClock,
  silence,
  VOICE_FAULTS,
  type NeuralOptions,
} from '../neural-voice.js';
import {
  SpeechSynthesizer,
  type SpeechManner,
  type SpeechVoice,
  type EngineAudio,
} from '../speech-synthesizer.js';
import { piperIds, piperPhonemes, piperSoundLengths } from './piper-phonemes.js';
import { findPiperVoices, type PiperVoice } from './piper-voice.js';
import { DURATIONS, vocode, wholeSpeech } from './piper-graphs.js';

/** The first node of the part of a Piper graph that makes samples out of frames (HiFi-GAN). */
const VOCODER = '/dec/conv_pre/Conv';
/** Sounds in one run; what a run takes in memory grows with them. */
const LONGEST_RUN = 400;
/** Between two sentences, as Piper's own program has it. */
const PAUSE_SECONDS = 0.2;

/** Piper's voices: VITS, small and fast. */
export class PiperSynthesizer extends SpeechSynthesizer {
  override readonly engine = 'local:piper';
  private found: ReadonlyMap<string, PiperVoice> = new Map();
  private readonly models = new Map<string, OnDemandModel>();
  private readonly phonemizer: Phonemizer;

  constructor(private readonly options: NeuralOptions) {
    super();
    this.phonemizer = new Phonemizer({ command: options.espeak });
  }

  override async init(): Promise<void> {
    const found = await findPiperVoices(this.options.modelFolders);
    this.found = new Map(found.map((voice) => [voice.name, voice]));
  }

  /** Loads a voice and speaks a word with it, unheard, so that the first sentence is as fast as the next ones.
   *  @throws AppError model.invalid, upstream.unavailable */
  async warm(voice: string): Promise<void> {
    const manner = { speed: 1, signal: AbortSignal.timeout(this.options.limits.loadLimitMs) };
    for await (const _ of this.speak('Ready.', voice, manner).chunks);
  }

  override voices(): readonly SpeechVoice[] {
    return [...this.found.values()].map(({ name, language, licence, installedAt }) => ({
      name,
      language,
      licence,
      installedAt,
    }));
  }

  override speak(text: string, name: string, { speed, signal }: SpeechManner): EngineAudio {
    const voice = this.found.get(name);
    if (!voice) throw new AppError('voice.not_found', 'This voice is not installed any more.');
    const { native, rest } = nativeSpeed(speed);
    const spoken: SpokenPhrase[] = [];
    const chunks = this.samples(text, voice, native, signal, spoken);
    const words = () => this.words(spoken, voice, signal);
    return { sampleRateHz: voice.sampleRateHz, speed: rest, chunks, words };
  }

  override async stop(): Promise<void> {
    this.phonemizer.stop();
    await Promise.all([...this.models.values()].map((model) => model.stop()));
  }

  private async *samples(
    text: string,
    voice: PiperVoice,
    speed: number,
    signal: AbortSignal,
    spoken: SpokenPhrase[],
  ): AsyncGenerator<Buffer> {
    const model = this.modelOf(voice);
    const runs = model.begin(signal);
    const { phonemeIds, sampleRateHz } = voice;
    const clock = new SampleClock(sampleRateHz);
    let pause = false;
    let hasSpoken = false;
    for (const phrase of phrasesOf(text)) {
      const sounds = await this.phonemizer.phonemes(phrase, voice.espeakVoice, signal);
      const parts = phrase.map((clause, index) => piperPhonemes([clause], [sounds[index]!]));
      const spokenPhrase = new SpokenPhrase(phrase, parts);
      spoken.push(spokenPhrase);
      for (const run of phonemeRuns(spokenPhrase.line, LONGEST_RUN)) {
        const ids = piperIds(run, phonemeIds);
        if (ids.length === 0) continue;
        if (pause) yield clock.count(silence(PAUSE_SECONDS, sampleRateHz));
        pause = false;
        const scales = [voice.noiseScale, voice.lengthScale / speed, voice.noiseW] as const;
        const { isSplit } = await model.load();
        const startMs = clock.ms;
        const speech = isSplit ? vocode(runs, ids, scales) : wholeSpeech(runs, ids, scales);
        const lengths = piperSoundLengths(run, phonemeIds, yield* clock.counted(speech));
        spokenPhrase.locate({ sounds: run, lengths, startMs, endMs: clock.ms });
        hasSpoken = true;
      }
      pause = endsSentence(phrase);
    }
    if (!hasSpoken) throw nothingToSpeak();
  }

  private async words(
    spoken: readonly SpokenPhrase[],
    voice: PiperVoice,
    signal: AbortSignal,
  ): Promise<SpeechWord[]> {
    const spell = async (words: readonly string[]): Promise<string[]> => {
      const clauses = words.map((text) => ({ text, mark: '' }));
      const sounds = await this.phonemizer.phonemes(clauses, voice.espeakVoice, signal);
      return clauses.map((clause, index) => piperPhonemes([clause], [sounds[index]!]));
    };
    return wordsOfPhrases(spoken, voice.language, spell);
  }

  private modelOf(voice: PiperVoice): OnDemandModel {
    const { threads, limits, onLost } = this.options;
    let model = this.models.get(voice.name);
    if (!model) {
      model = new OnDemandModel({
        file: voice.model,
        splitBefore: VOCODER,
        reveal: DURATIONS,
        threads,
        ...limits,
        texts: VOICE_FAULTS,
        // The voices beside the default one are released when nobody uses them.
        idleMs: voice.name === this.options.keptVoice ? 0 : limits.idleMs,
        onLost: (reason) => onLost(voice.name, reason),
      });
      this.models.set(voice.name, model);
    }
    return model;
  }
}
