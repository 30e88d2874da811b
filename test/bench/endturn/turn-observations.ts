import { samplesToFloat } from '@parlance/audio';
import { decodeRecording } from '@parlance/cli/audio/recording';
import {
  Endpointer,
  POST_ROLL_MS,
  samplesOf,
  SmartTurn,
  textEnding,
  turnTerms,
  VoiceActivityService,
  type PauseEvidence,
} from '@parlance/vad';
import type { RecognizedWord } from '@parlance/whisper';
import type { OurRecogniser } from '../our-recogniser.js';
import { cutsOf, roomTone, type TurnCut } from './turn-cuts.js';
import type { TurnRecording } from './turn-recordings.js';

/** What the platform knows of one pause, as it comes to know it. */
export interface TurnObservation {
  readonly id: string;
  readonly corpus: TurnRecording['corpus'];
  readonly part: TurnRecording['part'];
  /** Whether the speaker has finished here. */
  readonly isEnd: boolean;
  /** Of a cut: how long the reader paused there. */
  readonly pauseMs: number;
  readonly text: string;
  /** How long Smart Turn took, and the text once the pause was noticed, ms. */
  readonly askMs: number;
  readonly decodeMs: number;
  /** At the pause, without its text. */
  readonly evidence: PauseEvidence;
  /** Terms of the classifier, text included. */
  readonly terms: Readonly<Record<string, number>>;
}

const ASK_MS = 192;
const TAIL_MS = 1600;
const ENDPOINTING = { threshold: 0.5, silenceMs: 1400, maxUtteranceMs: 28_000 };
/** A recording's own silence at its end is not the pause that is tested. */
const KEEP_SILENCE_MS = 60;

/** Observes the end of a recording where it is a sentence's, and places within its sentences where it is cut. */
export class TurnObserver {
  private readonly smartTurn: SmartTurn;
  private readonly voiceActivity: VoiceActivityService;

  constructor(private readonly rig: OurRecogniser) {
    this.smartTurn = new SmartTurn(rig.runtime);
    this.voiceActivity = new VoiceActivityService(rig.runtime);
  }

  async observe(recording: TurnRecording): Promise<TurnObservation[]> {
    const bytes = await decodeRecording(recording.file);
    const samples = new Float32Array(bytes.length / 2);
    samplesToFloat(bytes, 's16le', samples);
    const words = withMarks((await this.recognize(samples)).words);
    const found: TurnObservation[] = [];
    if (recording.isWhole) {
      const end = (await this.speechIn(samples, samples)).speechTo + samplesOf(KEEP_SILENCE_MS);
      found.push(
        ...(await this.at(recording, samples, { at: Math.min(end, samples.length), pauseMs: 0 }, true)),
      );
    }
    for (const cut of cutsOf(samples, words)) found.push(...(await this.at(recording, samples, cut, false)));
    return found;
  }

  /** None where voice activity finds no utterance or more than one. */
  private async at(
    { id, corpus, part }: TurnRecording,
    whole: Float32Array,
    { at, pauseMs }: TurnCut,
    isEnd: boolean,
  ): Promise<TurnObservation[]> {
    const { audioFrom, speechTo, samples } = await this.speechIn(whole.subarray(0, at), whole);
    if (speechTo - audioFrom < samplesOf(300)) return [];
    const asked = performance.now();
    const probability = await this.ask(samples.slice(audioFrom, speechTo + samplesOf(ASK_MS)));
    const begun = performance.now();
    const askMs = begun - asked;
    const { words } = await this.recognize(samples.slice(audioFrom, speechTo + samplesOf(POST_ROLL_MS)));
    const decodeMs = performance.now() - begun;
    const text = words
      .map((word) => word.text)
      .join('')
      .trim();
    const evidence = { probability };
    return [
      {
        id,
        corpus,
        part,
        isEnd,
        pauseMs,
        text,
        askMs,
        decodeMs,
        evidence,
        terms: turnTerms({ ...evidence, text: textEnding(text, 'en') }),
      },
    ];
  }

  /** The last utterance of what was said, with room tone behind it; positions are samples of `samples`. */
  private async speechIn(
    said: Float32Array,
    room: Float32Array,
  ): Promise<{ audioFrom: number; speechTo: number; samples: Float32Array }> {
    const samples = new Float32Array(said.length + samplesOf(TAIL_MS));
    samples.set(said);
    samples.set(roomTone(room, samplesOf(TAIL_MS)), said.length);
    const endpointer = new Endpointer(ENDPOINTING);
    let [audioFrom, speechTo] = [0, 0];
    for (const probability of await this.voiceActivity.open('bulk').detect(samples)) {
      endpointer.push(probability);
      if (!endpointer.isSpeaking) continue;
      audioFrom = endpointer.audioFrom ?? 0;
      speechTo = endpointer.speechTo;
    }
    return { audioFrom, speechTo, samples };
  }

  /** Again where a busy machine was too late. */
  private async ask(samples: Float32Array, tries = 5): Promise<number> {
    return this.smartTurn.probability(samples).catch((error: unknown) => {
      if (tries > 1) return this.ask(samples, tries - 1);
      throw error;
    });
  }

  private recognize(samples: Float32Array) {
    return this.rig.utterances.recognizeUtterance('', samples, { kind: 'final', language: 'en' });
  }
}

/** Words with the marks behind them, which the recogniser of live speech gives apart. */
function withMarks(words: readonly RecognizedWord[]): RecognizedWord[] {
  const joined: RecognizedWord[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last && !/[\p{L}\p{N}]/u.test(word.text))
      joined[joined.length - 1] = { ...last, text: last.text + word.text };
    else joined.push(word);
  }
  return joined;
}
