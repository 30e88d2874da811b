import { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { scoreSpeech } from '@parlance/analytics';
import { AudioDecoder, SPEECH_RATE_HZ } from '@parlance/audio';
import type { StreamSummary } from '@parlance/contracts/proto/parlance/voice/v1/StreamSummary';
import { AppError, toAppError } from '@parlance/errors';
import { identityOf, traceOf } from '@parlance/rpc';
import {
  contextOf,
  failSpan,
  LOGGER,
  runIn,
  SpanKind,
  startSpan,
  withSpan,
  type Logger,
  type Span,
} from '@parlance/telemetry';
import { VoiceActivityService } from '@parlance/vad';
import { spokenLanguages, UtteranceRecognizer } from '@parlance/whisper';
import { AdmissionService, type Ticket } from '../admission/admission.service.js';
import { LiveCapacityService } from '../admission/live-capacity.service.js';
import { loadMetadata } from '../admission/load-metadata.js';
import { timeRecognition } from '../inference-metrics.js';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { LiveSession, type PodView, type RecognizeUtterance } from './live-session.js';
import { LiveStream } from './live-stream.js';
import { RecordingRecognizer } from './recording-recognizer.service.js';
import { segmentResult } from './results.js';
import type { StreamCall } from './stream-call.js';
import { readStreamConfig, type StreamConfig } from './stream-config.js';

/** Up to this load there is time for more hypotheses than must be. */
const HALF = 0.5;

/** Serves StreamingRecognize: admits the stream, runs it in its mode, tells how it went. */
@Injectable()
export class SpeechStreamService {
  private readonly liveStreams = new Set<LiveStream>();
  private readonly calls = new Set<StreamCall>();
  private readonly pod: PodView = {
    isIdle: () => this.recognizer.isIdle && this.recognizer.isCalm && this.admission.load <= HALF,
    now: () => performance.now(),
    finalSent: (latencyMs) => this.admission.noteFinal(latencyMs),
  };

  constructor(
    private readonly registry: ModelRegistry,
    private readonly recognizer: UtteranceRecognizer,
    private readonly recordings: RecordingRecognizer,
    private readonly voiceActivity: VoiceActivityService,
    private readonly admission: AdmissionService,
    private readonly capacity: LiveCapacityService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Runs one call to its end; every fault becomes the call's status, none leaves here. */
  async serve(call: StreamCall): Promise<void> {
    const identity = identityOf(call.metadata);
    const parent = traceOf(call.metadata);
    const span = startSpan('speech.stream', { kind: SpanKind.SERVER, parent, identity });
    this.calls.add(call);
    await runIn(contextOf(span, identity, parent), async () => {
      try {
        const summary = await this.converse(call, span);
        await call.send({ summary });
        call.end(loadMetadata(this.admission, new Metadata()));
        this.logger.info({ audioMs: summary.audioMs }, 'stream ended');
      } catch (error) {
        const fault = toAppError(error);
        failSpan(span, error);
        this.logger[fault.code === 'internal.unexpected' ? 'error' : 'info'](
          { err: error, code: fault.code },
          'stream ended early',
        );
        call.fail(error);
      } finally {
        this.calls.delete(call);
        span.end();
      }
    });
  }

  /** Lets every live stream end with its current utterance. */
  drain(): void {
    for (const stream of this.liveStreams) stream.drain();
  }

  /** Ends what is still running. */
  stopAll(): void {
    for (const call of this.calls)
      call.stop(new AppError('service.draining', 'This server has shut down; open a new stream.'));
  }

  private async converse(call: StreamCall, span: Span): Promise<StreamSummary> {
    const config = readStreamConfig(await call.read());
    const model = this.registry.resolve(config.recognition.model);
    const streamId = ulid();
    span.setAttributes({
      'parlance.model': model,
      'parlance.stream.id': streamId,
      'parlance.stream.mode': config.isLive ? 'live' : 'recording',
    });
    const begin = async (): Promise<void> => {
      call.sendMetadata(loadMetadata(this.admission, new Metadata()));
      await call.send({ started: { streamId, model } });
    };
    return config.isLive
      ? this.converseLive(call, config, model, begin)
      : this.converseRecording(call, config, model, begin);
  }

  private async converseLive(
    call: StreamCall,
    config: StreamConfig,
    model: string,
    begin: () => Promise<void>,
  ): Promise<StreamSummary> {
    // Unknown models are refused before anything is kept under their names.
    const letGo = await this.registry.hold(model);
    let ticket: Ticket | undefined;
    let decoder: AudioDecoder | undefined;
    let stream: LiveStream | undefined;
    try {
      // Told at once and not with the first utterance.
      const { language, among: languages } = spokenLanguages(config.recognition, letGo.metadata);
      await this.capacity.ensure(model);
      call.assertWanted();
      ticket = this.admission.admitLive(model, identityOf(call.metadata).tenant);
      // A client that has gone holds no place, whatever of it is still being waited for.
      call.signal.addEventListener('abort', ticket.release, { once: true });
      const spoken = { ...config, recognition: { ...config.recognition, language, languages } };
      decoder = await AudioDecoder.open(config.audio);
      const session = new LiveSession(
        spoken,
        this.voiceActivity.open('final'),
        this.utterancesOf(spoken, model),
        call,
        call.signal,
        this.pod,
      );
      stream = new LiveStream(call, decoder, session);
      this.liveStreams.add(stream);
      await begin();
      return await stream.run();
    } finally {
      if (stream) this.liveStreams.delete(stream);
      decoder?.close();
      ticket?.release();
      letGo();
    }
  }

  private utterancesOf({ recognition }: StreamConfig, model: string): RecognizeUtterance {
    const { prompt, ...settings } = recognition;
    const promptTokens = prompt ? this.recognizer.tokenize(model, prompt) : Promise.resolve([]);
    promptTokens.catch(() => undefined);
    return (utterance, samples, options) => {
      const recognize = async () => {
        const spoken = { ...settings, ...options, promptTokens: await promptTokens };
        return this.recognizer.recognizeUtterance(model, samples, spoken);
      };
      const attributes = {
        'parlance.recognition.kind': options.kind,
        'parlance.audio.ms': Math.round((samples.length * 1000) / SPEECH_RATE_HZ),
      };
      return withSpan(
        options.kind === 'final' ? 'speech.utterance' : 'speech.interim',
        { identity: { utterance }, attributes },
        () => timeRecognition(options.kind, samples.length / SPEECH_RATE_HZ, recognize),
      );
    };
  }

  private async converseRecording(
    call: StreamCall,
    config: StreamConfig,
    model: string,
    begin: () => Promise<void>,
  ): Promise<StreamSummary> {
    const ticket = this.admission.admitRecording(identityOf(call.metadata).tenant);
    call.signal.addEventListener('abort', ticket.release, { once: true });
    let letGo = (): void => undefined;
    try {
      const held = await this.registry.hold(model);
      letGo = held;
      spokenLanguages(config.recognition, held.metadata);
      await begin();
      const id = ulid();
      const heard = await timeRecognition(
        'recording',
        (recording) => recording.audioMs / 1000,
        () =>
          this.recordings.recognize({
            settings: { ...config.recognition, model },
            audio: config.audio,
            chunks: audioOf(call),
            ticket,
            signal: call.signal,
            onSegment: (segment, language) => call.send({ result: segmentResult(id, segment, language) }),
          }),
      );
      return { ...heard, scores: scoreSpeech(heard.measures) };
    } finally {
      letGo();
      ticket.release();
    }
  }
}

/** A recording's bytes; controls mean nothing in it. */
async function* audioOf(call: StreamCall): AsyncGenerator<Uint8Array> {
  for (let message = await call.read(); message; message = await call.read()) {
    if (message.payload === 'config')
      throw new AppError('stream.config_repeated', 'The configuration may be sent once, first.');
    if (message.payload === 'audio' && message.audio) yield message.audio;
  }
}
