import { createHash } from 'node:crypto';
import {
  ENDPOINTING,
  type EndpointEvent__Output,
  type ListenEvent,
  type ListenQuery,
  type RecognitionResult__Output,
} from '@parlance/contracts';
import { deepgramMetadata } from '../recognition/deepgram-view.js';
import type { RecognitionEvent } from '../recognition/live-stream.js';
import { FinalizeAnswers } from './finalize-answers.js';
import { emptyFinal, measuresOf, ONE_CHANNEL, resultsEvent } from './listen-results.js';
import { UtteranceGap, type EndedUtterance } from './utterance-gap.js';

export interface ListenEventsOptions {
  readonly requestId: string;
  /** What the client asked for; recognition tells what the default is called. */
  readonly model: string;
  /** Of a conversation. */
  readonly session: string | undefined;
  readonly query: Pick<
    ListenQuery,
    'converse' | 'eagerness' | 'endpointing' | 'opening_metadata' | 'utterance_end_ms' | 'vad_events'
  >;
}

/** Turns what recognition says of one stream into the events that its client has asked for. */
export class ListenEvents {
  private readonly created = new Date().toISOString();
  private readonly received = createHash('sha256');
  private readonly answers = new FinalizeAnswers();
  private readonly gap: UtteranceGap | undefined;
  private model: string;
  private final: RecognitionResult__Output | undefined;
  private isFinalFromFinalize = false;

  /** @param send  resolves when the client's socket has taken the event */
  constructor(
    private readonly options: ListenEventsOptions,
    private readonly send: (event: ListenEvent) => Promise<void>,
  ) {
    this.model = options.model;
    const { utterance_end_ms: gapMs } = options.query;
    if (gapMs !== undefined) this.gap = new UtteranceGap(gapMs, (ended) => void this.sendEnd(ended));
  }

  /** Audio has come, as the client sent it. */
  receive(audio: Buffer): void {
    this.received.update(audio);
  }

  async pass({ started, result, endpoint, summary }: RecognitionEvent): Promise<void> {
    if (started) await this.begin(started.model);
    if (result) await this.passResult(result);
    if (endpoint) await this.passEndpoint(endpoint);
    if (!summary) return;
    this.gap?.finish(summary.audioMs);
    const { created, model } = this;
    const request = {
      request_id: this.options.requestId,
      sha256: this.received.digest('hex'),
      created,
    };
    await this.send({
      ...this.metadata,
      ...deepgramMetadata(request, model, summary.audioMs),
      ...measuresOf(summary.measures),
    });
  }

  /** Nothing more is sent. */
  close(): void {
    this.gap?.close();
  }

  private get metadata() {
    const { requestId, session } = this.options;
    return {
      type: 'Metadata' as const,
      request_id: requestId,
      model: this.model,
      ...(session ? { session } : {}),
    };
  }

  private async begin(model: string): Promise<void> {
    this.model = model;
    const { converse, opening_metadata: isAsked } = this.options.query;
    if (converse || isAsked) await this.send(this.metadata);
  }

  private async passResult(result: RecognitionResult__Output): Promise<void> {
    const { isFinal, utteranceId } = result;
    const isFromFinalize = isFinal && this.answers.isAnswer(utteranceId);
    if (isFinal) {
      this.final = result;
      this.isFinalFromFinalize = isFromFinalize;
    }
    const isSpeechFinal = isFinal && (isFromFinalize || this.options.query.endpointing !== false);
    const { requestId } = this.options;
    await this.send(resultsEvent(result, { requestId, model: this.model, isSpeechFinal, isFromFinalize }));
  }

  private async passEndpoint(endpoint: EndpointEvent__Output): Promise<void> {
    const { converse, vad_events: withStarts = converse } = this.options.query;
    const { kind, atMs, utteranceId } = endpoint;
    const [timestamp, utterance_id, voiced_ms] = [atMs / 1000, utteranceId, endpoint.voicedMs];
    switch (kind) {
      case 'ENDPOINT_KIND_SPEECH_STARTED':
        this.gap?.started(atMs);
        if (withStarts)
          await this.send({ type: 'SpeechStarted', channel: ONE_CHANNEL, timestamp, utterance_id });
        return;
      case 'ENDPOINT_KIND_SPEECH_POSSIBLE':
        return this.send({ type: 'SpeechPossible', timestamp, utterance_id, voiced_ms });
      case 'ENDPOINT_KIND_SPEECH_CONFIRMED':
        return this.send({ type: 'SpeechConfirmed', timestamp, utterance_id, voiced_ms });
      case 'ENDPOINT_KIND_SPEECH_DISMISSED':
        return this.send({ type: 'SpeechDismissed', timestamp, utterance_id, voiced_ms });
      case 'ENDPOINT_KIND_FINALIZED':
        if (this.answers.isAnsweredNow(utteranceId)) await this.answerEmpty(atMs);
        return;
      case 'ENDPOINT_KIND_UTTERANCE_END':
        if (this.answers.endedUnanswered(utteranceId)) await this.answerEmpty(atMs);
        return this.end(utteranceId, atMs);
      default:
        // A newer server's.
        return;
    }
  }

  private async answerEmpty(atMs: number): Promise<void> {
    const { requestId } = this.options;
    await this.send(emptyFinal(atMs, { requestId, model: this.model }));
  }

  private async end(utteranceId: string, endMs: number): Promise<void> {
    const { converse, endpointing, eagerness } = this.options.query;
    const isFinal = this.final?.utteranceId === utteranceId;
    // By Finalize, or as a model judges it, an utterance ends sooner.
    const isBySilence = eagerness === undefined && !(isFinal && this.isFinalFromFinalize);
    const silenceMs = typeof endpointing === 'number' ? endpointing : ENDPOINTING.silenceMs.usual;
    const ended = {
      utteranceId,
      endMs,
      hasWords: isFinal && this.final?.text.trim() !== '',
      silenceMs: isBySilence ? silenceMs : 0,
    };
    if (this.gap) this.gap.ended(ended);
    else if (converse) await this.sendEnd(ended);
  }

  private async sendEnd({ utteranceId, endMs }: EndedUtterance): Promise<void> {
    await this.send({
      type: 'UtteranceEnd',
      channel: ONE_CHANNEL,
      last_word_end: endMs / 1000,
      utterance_id: utteranceId,
    });
  }
}
