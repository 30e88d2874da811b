import { ulid } from 'ulid';
import type { SpeechMeter } from '@parlance/analytics';
import { RingBuffer } from '@parlance/audio';
import type { StreamQuestion__Output, SpeechMeasures__Output } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  type Endpoint,
  Endpointer,
  msOf,
  samplesOf,
  VAD_FRAME_SAMPLES,
  type VoiceActivityDetector,
} from '@parlance/vad';
import type { Utterance } from '@parlance/whisper';
import { AskedQuestion } from '../assessment/answered-question.js';
import type { LiveAssessments, UtteranceSound } from '../assessment/live-assessments.js';
import { noteFinding, noteText } from '../inference-metrics.js';
import { SessionLanguages, type LanguageFinding } from './language-belief.js';
import type { PauseJudge } from './pause-judge.js';
import type { PodView } from './pod-view.js';
import { finalResult, interimResult, lastWordEndMs } from './results.js';
import { SpeechOnset } from './speech-onset.js';
import type { StreamCall } from './stream-call.js';
import type { StreamConfig } from './stream-config.js';
import { StreamMeter } from './stream-meter.js';
import { isRepetitive, type StreamRecognizer } from './stream-recognizer.js';
import { StreamingDecoder, type DecoderResult } from './streaming-decoder.js';

/** Where a session's events go, and what ends it: `stop` is called once something the session does on its own has failed. */
export type EventSink = Pick<StreamCall, 'isCongested' | 'signal' | 'send' | 'stop'>;

/** Utterances that may wait for their final; with more of them no more audio is read. */
const MAX_PENDING_FINALS = 3;
const IDLE_BUFFER_MS = 1000;

/** What a client is told of a burst of sound. */
const ONSETS = {
  possible: 'ENDPOINT_KIND_SPEECH_POSSIBLE',
  speech: 'ENDPOINT_KIND_SPEECH_CONFIRMED',
  over: 'ENDPOINT_KIND_SPEECH_DISMISSED',
} as const;

/** One utterance, from its start until its final is delivered. */
interface LiveUtterance {
  readonly id: string;
  /** Samples. */
  readonly audioFrom: number;
  readonly decoder: StreamingDecoder;
  /** Resolves when its results are delivered. */
  delivered: Promise<void>;
  /** Known from its endpoint on. */
  end?: {
    readonly atMs: number;
    readonly meter: SpeechMeter;
    /** Where the stream is assessed: its samples, and the probability of speech in them. */
    readonly sound: UtteranceSound | undefined;
    /** As a model judged it. */
    readonly endOfTurnProbability: number | undefined;
  };
  /** Whether the client was told that it is speech. */
  isConfirmed: boolean;
  /** When its start was detected; undefined once an interim was sent. */
  waitsSinceMs: number | undefined;
}

/**
 * One person speaking: cuts their audio into utterances and delivers interims while they speak and a final after each. Finals
 * are decoded side by side, but results leave in the order in which they were spoken.
 */
export class LiveSession {
  private readonly buffer = new RingBuffer(samplesOf(IDLE_BUFFER_MS));
  private readonly endpointer: Endpointer;
  private readonly meter = new StreamMeter();
  private readonly languages: SessionLanguages;
  private readonly utterances = new Set<LiveUtterance>();
  private current: LiveUtterance | undefined;
  /** Of the last utterance that has ended. */
  private delivered: Promise<void> = Promise.resolve();
  private pending: Promise<void>[] = [];
  private position = 0;
  private spoken: LanguageFinding;
  private readonly onset: SpeechOnset | undefined;
  /** Whether the client was told that speech may have begun, and no more yet. */
  private isSpeechPossible = false;

  constructor(
    private readonly config: StreamConfig,
    private readonly detector: VoiceActivityDetector,
    private readonly recognizer: StreamRecognizer,
    private readonly sink: EventSink,
    private readonly pod: PodView,
    /** Left out: the configuration's silence ends every utterance. */
    private readonly judge?: PauseJudge,
    /** Left out: utterances are not assessed. */
    private readonly assessments?: LiveAssessments,
  ) {
    if (config.confirmSpeech) this.onset = new SpeechOnset();
    this.endpointer = new Endpointer(config.endpointing);
    this.languages = new SessionLanguages(config.recognition);
    this.spoken = { language: config.recognition.language ?? '' };
    sink.signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  get isSpeaking(): boolean {
    return this.current !== undefined;
  }

  get audioMs(): number {
    return msOf(this.buffer.end);
  }

  /** Of the last final; empty where there was none and no language was given. */
  get spokenLanguage(): LanguageFinding {
    return this.spoken;
  }

  /** Takes the next samples; resolves when there is room for more. Calls must not overlap. */
  async push(samples: Float32Array): Promise<void> {
    if (samples.length === 0) return;
    this.buffer.push(samples);
    const probabilities = await this.detector.detect(samples, this.sink.signal);
    for (const frame of this.meter.push(samples, probabilities)) {
      this.position += VAD_FRAME_SAMPLES;
      const burst = this.onset?.push(frame.probability, (count) => this.newest(count));
      for (const endpoint of this.endpointer.push(frame.probability)) await this.handle(endpoint);
      await this.tellOnset(burst);
      await this.current?.decoder.push(this.position, this.endpointer.speechTo);
      await this.judgePause();
    }
    this.buffer.release(this.neededFrom);
    this.meter.release(this.endpointer.neededFrom);
  }

  /** Ends the utterance being spoken now; its final follows. */
  async finalize(): Promise<void> {
    for (const endpoint of this.endpointer.finalize(this.buffer.end)) await this.handle(endpoint);
  }

  /** What the utterance that is being spoken, or is spoken next, answers. @throws AppError request.invalid, where nothing is assessed too */
  ask(question: StreamQuestion__Output): void {
    if (!this.assessments)
      throw new AppError(
        'request.invalid',
        'A question is of streams whose configuration has an assessment.',
      );
    this.assessments.question = AskedQuestion.read(question, this.audioMs);
  }

  /** Tells the client, which asked for `finalize`, which final is the last one of what was said before. */
  async tellFinalized(): Promise<void> {
    const utteranceId = [...this.utterances].at(-1)?.id ?? '';
    await this.sink.send({ endpoint: { kind: 'ENDPOINT_KIND_FINALIZED', atMs: this.audioMs, utteranceId } });
  }

  /** Resolves when every final has been sent, and every assessment. @throws what kept one from being sent */
  async flush(): Promise<void> {
    await this.delivered;
    await this.assessments?.flush();
  }

  measures(source: { peakDbfs: number; clippingRatio: number }): SpeechMeasures__Output {
    return this.meter.measures(source);
  }

  /** Cancels the decoding in progress. */
  stop(): void {
    for (const { decoder } of this.utterances) decoder.stop();
    this.current = undefined;
  }

  private get neededFrom(): number {
    const { current, judge } = this;
    if (!current) return this.endpointer.neededFrom;
    // What is assessed is assessed from its start, whatever of it is committed.
    const forText = this.assessments ? current.audioFrom : current.decoder.neededFrom;
    return judge ? Math.min(forText, judge.neededFrom(current.audioFrom, this.position)) : forText;
  }

  private newest(count: number): Float32Array {
    return this.buffer.slice(Math.max(0, this.position - count), this.position);
  }

  /** Asks whether the speaker has finished, where they pause. */
  private async judgePause(): Promise<void> {
    const { current, judge, endpointer, position, buffer } = this;
    if (!current || !judge || position === endpointer.speechTo) return;
    const { audioFrom, decoder } = current;
    const audio = (from: number, to: number): Float32Array => buffer.slice(from, to);
    const pause = { audioFrom, speechTo: endpointer.speechTo, position, text: decoder.textAtPause, audio };
    endpointer.limitPause(await judge.judge(pause, this.sink.signal));
  }

  /** Tells whether a sound is speech: early that it may be, once that it is, at the end of each burst that it was not. */
  private async tellOnset(burst: ReturnType<SpeechOnset['push']>): Promise<void> {
    const { current, onset } = this;
    if (!onset || !burst || current?.isConfirmed) return;
    if (!current && (burst === 'speech' || (burst === 'over' && !this.isSpeechPossible))) return;
    this.isSpeechPossible = burst === 'possible';
    if (current && burst === 'speech') current.isConfirmed = true;
    await this.sink.send({
      endpoint: {
        kind: ONSETS[burst],
        atMs: msOf(this.position),
        utteranceId: current?.id ?? '',
        ...onset.onset,
      },
    });
  }

  private async handle(endpoint: Endpoint): Promise<void> {
    if (endpoint.kind === 'started') return this.begin(endpoint.audioFrom, endpoint.speechFrom);
    await this.end(endpoint);
  }

  private async begin(audioFrom: number, speechFrom: number): Promise<void> {
    const { id } = (this.current = this.openUtterance(audioFrom));
    await this.sink.send({
      endpoint: {
        kind: 'ENDPOINT_KIND_SPEECH_STARTED',
        atMs: msOf(speechFrom),
        utteranceId: id,
        ...this.onset?.onset,
      },
    });
  }

  private async end({ audioFrom, audioTo, reason }: Extract<Endpoint, { kind: 'ended' }>): Promise<void> {
    // A stream that has failed may end after that: its utterance is cancelled and nothing waits for its final.
    const utterance = this.current;
    if (!utterance) return;
    this.current = undefined;
    utterance.end = {
      atMs: this.pod.now(),
      meter: this.meter.utterance(audioFrom, audioTo),
      sound: this.assessments && {
        samples: this.buffer.slice(audioFrom, audioTo),
        probabilities: this.meter.probabilities(audioFrom, audioTo),
        question: this.assessments.question,
      },
      endOfTurnProbability: reason === 'silence' ? this.judge?.probability : undefined,
    };
    utterance.decoder.end(audioTo);
    this.delivered = utterance.delivered;
    this.pending.push(utterance.delivered);
    if (this.pending.length > MAX_PENDING_FINALS) await this.pending.shift();
  }

  private openUtterance(audioFrom: number): LiveUtterance {
    const id = ulid();
    const commitTo = this.endpointer.earliestCut;
    const { languages, buffer, recognizer, pod } = this;
    const withInterims = this.config.interimResults;
    const decoder = new StreamingDecoder(
      { id, audioFrom, commitTo, languages, withInterims },
      buffer,
      recognizer,
      pod,
    );
    const utterance: LiveUtterance = {
      id,
      audioFrom,
      decoder,
      delivered: Promise.resolve(),
      isConfirmed: false,
      waitsSinceMs: pod.now(),
    };
    this.utterances.add(utterance);
    utterance.delivered = this.deliver(utterance, this.delivered);
    utterance.delivered.catch((error: unknown) => this.sink.stop(error));
    return utterance;
  }

  /** Sends an utterance's results after all those of the utterances before it. */
  private async deliver(utterance: LiveUtterance, earlier: Promise<void>): Promise<void> {
    const { decoder } = utterance;
    try {
      await earlier;
      for await (const result of decoder.results()) await this.send(utterance, result);
    } catch (error) {
      decoder.stop(error);
      throw error;
    } finally {
      this.utterances.delete(utterance);
    }
  }

  private async send(utterance: LiveUtterance, result: DecoderResult): Promise<void> {
    const { id, audioFrom, end, waitsSinceMs } = utterance;
    const span = { id, startMs: msOf(audioFrom), endMs: msOf(result.audioTo) };
    if (result.isFinal) {
      if (!end) throw new RangeError('a final comes behind its endpoint');
      return this.sendFinal(span, result.utterance, end);
    }
    // A client that does not read as fast as we write misses interims; none is waited for.
    if (this.sink.isCongested) return;
    void this.sink.send({ result: interimResult(span, result.interim, result.language) });
    if (waitsSinceMs === undefined) return;
    utterance.waitsSinceMs = undefined;
    this.pod.firstInterimSent(this.pod.now() - waitsSinceMs);
  }

  private async sendFinal(
    span: Parameters<typeof finalResult>[0],
    utterance: Utterance,
    { atMs, meter, sound, endOfTurnProbability }: NonNullable<LiveUtterance['end']>,
  ): Promise<void> {
    const { words, language, languageProbability } = utterance;
    meter.addWords(words.length);
    this.meter.addWords(words.length);
    if (words.length > 0) {
      this.languages.note(utterance);
      this.spoken = { language, languageProbability };
    }
    const { wordTimestamps = false } = this.config.recognition;
    const result = finalResult(span, utterance, meter.measures(), wordTimestamps);
    await this.sink.send({ result });
    this.pod.finalSent(this.pod.now() - atMs);
    // Here and not where it was decoded: a final that is decoded in a pause may not be the last word.
    noteText('final', utterance);
    if (words.length === 0) noteFinding('final', 'no_speech');
    if (isRepetitive(utterance)) noteFinding('final', 'repetition');
    // After the final, since only the final knows where the last word ends.
    const atWordEnd = lastWordEndMs(result);
    await this.sink.send({
      endpoint: {
        kind: 'ENDPOINT_KIND_UTTERANCE_END',
        atMs: atWordEnd,
        utteranceId: span.id,
        ...(endOfTurnProbability === undefined ? {} : { endOfTurnProbability }),
      },
    });
    if (sound && words.length > 0) this.assessments?.push(span, sound, utterance);
  }
}
