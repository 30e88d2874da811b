import { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { scoreSpeech } from '@parlance/analytics';
import { AudioDecoder } from '@parlance/audio';
import type { StreamSummary } from '@parlance/contracts/proto/parlance/voice/v1/StreamSummary';
import { AppError, isAppError, toAppError } from '@parlance/errors';
import { identityOf, traceOf } from '@parlance/rpc';
import { contextOf, failSpan, LOGGER, runIn, SpanKind, startSpan, type Logger } from '@parlance/telemetry';
import { fixedPauseMs, longestPauseMs, VoiceActivityService } from '@parlance/vad';
import { spokenLanguages, UtteranceRecognizer } from '@parlance/whisper';
import { Assessor } from '../assessment/assessor.service.js';
import { LiveAssessments } from '../assessment/live-assessments.js';
import { AdmissionService, loadMetadata, type Ticket } from '../admission/admission.service.js';
import { LiveCapacityService } from '../admission/live-capacity.service.js';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { EndOfTurnService } from './end-of-turn.service.js';
import { LiveSession } from './live-session.js';
import { PodView } from './pod-view.js';
import { RecordingRecognizer } from './recording-recognizer.service.js';
import { segmentResult } from './results.js';
import { configRepeated, type StreamCall } from './stream-call.js';
import { readStreamConfig, type StreamConfig } from './stream-config.js';
import { StreamRecognizer } from './stream-recognizer.js';

/** Serves StreamingRecognize: admits the stream, runs it in its mode, reports the outcome. */
@Injectable()
export class SpeechStreamService {
  private readonly liveStreams = new Set<LiveStream>();
  private readonly calls = new Set<StreamCall>();
  private readonly pod: PodView;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly recognizer: UtteranceRecognizer,
    private readonly recordings: RecordingRecognizer,
    private readonly voiceActivity: VoiceActivityService,
    private readonly admission: AdmissionService,
    private readonly capacity: LiveCapacityService,
    private readonly endOfTurn: EndOfTurnService,
    private readonly assessor: Assessor,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.pod = new PodView(recognizer, admission);
  }

  /** Runs one call to its end; every fault becomes the call's status; none is thrown. */
  async serve(call: StreamCall): Promise<void> {
    const identity = identityOf(call.metadata);
    const parent = traceOf(call.metadata);
    const span = startSpan('speech.stream', { kind: SpanKind.SERVER, parent, identity });
    this.calls.add(call);
    await runIn(contextOf(span, identity, parent), async () => {
      try {
        const config = readStreamConfig(await call.read());
        const model = this.registry.resolve(config.recognition.model);
        const id = ulid();
        span.setAttributes({
          'parlance.model': model,
          'parlance.stream.id': id,
          'parlance.stream.mode': config.isLive ? 'live' : 'recording',
        });
        const stream = { id, model, config: { ...config, recognition: { ...config.recognition, model } } };
        const summary = config.isLive
          ? await this.runLive(call, stream)
          : await this.runRecording(call, stream);
        await call.send({ summary });
        call.end(loadMetadata(this.admission, new Metadata()));
        this.logger.info({ audioMs: summary.audioMs }, 'stream ended');
      } catch (thrown) {
        const error = call.reasonOf(thrown);
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

  private async runLive(call: StreamCall, stream: OpenStream): Promise<StreamSummary> {
    const { model, config } = stream;
    // Unknown models are refused before anything is kept under their names.
    const release = await this.registry.hold(model);
    let ticket: Ticket | undefined;
    let decoder: AudioDecoder | undefined;
    let live: LiveStream | undefined;
    let turns: Awaited<ReturnType<EndOfTurnService['open']>>;
    try {
      // Told at once and not with the first utterance.
      const { language, among: languages } = spokenLanguages(config.recognition, release.metadata);
      await this.capacity.ensure(model);
      call.assertWanted();
      ticket = this.admission.admitLive(model, identityOf(call.metadata).tenant);
      // A client that has gone holds no capacity, whatever of it is still being waited for.
      call.signal.addEventListener('abort', ticket.release, { once: true });
      const recognition = { ...config.recognition, language, languages };
      decoder = await AudioDecoder.open(config.audio);
      const { eagerness, endpointing, assessment } = config;
      turns = eagerness && (await this.endOfTurn.open(eagerness));
      // With a judge every pause is judged long before the longest one is over.
      const silenceMs = eagerness
        ? (turns ? longestPauseMs : fixedPauseMs)(eagerness)
        : endpointing.silenceMs;
      const session = new LiveSession(
        { ...config, recognition, endpointing: { ...endpointing, silenceMs } },
        this.voiceActivity.open('final'),
        new StreamRecognizer(this.recognizer, model, recognition),
        call,
        this.pod,
        turns?.judge,
        assessment && new LiveAssessments(this.assessor, assessment.expectedText, call, this.logger),
      );
      live = new LiveStream(call, decoder, session);
      this.liveStreams.add(live);
      await this.sendStarted(call, stream);
      return await live.run();
    } finally {
      if (live) this.liveStreams.delete(live);
      decoder?.close();
      ticket?.release();
      turns?.release();
      release();
    }
  }

  private async runRecording(call: StreamCall, stream: OpenStream): Promise<StreamSummary> {
    const { recognition: settings, audio } = stream.config;
    const { tenant } = identityOf(call.metadata);
    const request = { settings, audio, chunks: call.audio(), tenant, signal: call.signal };
    const id = ulid();
    for await (const event of this.recordings.recognize(request)) {
      if (event.kind === 'segment')
        await call.send({ result: segmentResult(id, event.segment, event.language) });
      else if (event.kind === 'ended')
        return { ...event.summary, scores: scoreSpeech(event.summary.measures) };
      else await this.sendStarted(call, stream);
    }
    throw new AppError('inference.interrupted', 'The recognition ended before the recording did.');
  }

  private async sendStarted(call: StreamCall, { id, model }: OpenStream): Promise<void> {
    call.sendMetadata(loadMetadata(this.admission, new Metadata()));
    await call.send({ started: { streamId: id, model } });
  }
}

interface OpenStream {
  readonly id: string;
  readonly model: string;
  readonly config: StreamConfig;
}

/** Feeds a live session from its call: audio in the order sent, controls where they were sent. */
class LiveStream {
  private isDraining = false;

  constructor(
    private readonly call: StreamCall,
    private readonly decoder: AudioDecoder,
    private readonly session: LiveSession,
  ) {}

  /** Lets the utterance being spoken end, then turns the client away. */
  drain(): void {
    this.isDraining = true;
    if (!this.session.isSpeaking) this.call.interrupt(draining());
  }

  /** Runs until the client half-closes; a fault is sent after the finals of the utterances before it. */
  async run(): Promise<StreamSummary> {
    try {
      await this.readAll();
      await this.session.finalize();
      await this.session.flush();
    } catch (error) {
      if (!isAppError(error) || error.code !== 'request.cancelled') await this.finish();
      throw error;
    } finally {
      this.session.stop();
    }
    const measures = this.session.measures(this.decoder.level);
    const { audioMs, spokenLanguage } = this.session;
    return { audioMs, ...spokenLanguage, measures, scores: scoreSpeech(measures) };
  }

  private async readAll(): Promise<void> {
    for (let message = await this.call.read(); message; message = await this.call.read()) {
      if (message.payload === 'config') throw configRepeated();
      if (message.payload === 'control') {
        if (message.control === 'CONTROL_FINALIZE') {
          await this.session.finalize();
          await this.session.tellFinalized();
        } else if (message.control !== 'CONTROL_KEEP_ALIVE')
          throw new AppError(
            'request.invalid',
            'The field control must be CONTROL_FINALIZE or CONTROL_KEEP_ALIVE.',
          );
      } else if (message.payload === 'question' && message.question) {
        this.session.ask(message.question);
      } else if (message.audio) {
        for (const samples of this.decoder.frames(message.audio)) await this.session.push(samples);
      }
      if (this.isDraining && !this.session.isSpeaking) throw draining();
    }
    await this.session.push(this.decoder.end());
  }

  private async finish(): Promise<void> {
    try {
      await this.session.finalize();
      await this.session.flush();
    } catch {
      // The stream has failed already; that fault is the one to report.
    }
  }
}

function draining(): AppError {
  return new AppError('service.draining', 'This server is shutting down; open a new stream.');
}
