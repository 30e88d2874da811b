import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Metadata as GrpcMetadata } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { scoreSpeech } from '@parlance/analytics';
import type {
  AssessResponse,
  RecognizeRequest__Output,
  RecognizeResponse,
  SpeechMeasures__Output,
} from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { identityOf, traceOf } from '@parlance/rpc';
import { SpanKind, withSpan } from '@parlance/telemetry';
import type { Segment } from '@parlance/whisper';
import { AdmissionService, loadMetadata } from '../admission/admission.service.js';
import { RecordingRecognizer } from '../streaming/recording-recognizer.service.js';
import { readAudioFormat, readRecognition } from '../streaming/stream-config.js';

type UnaryCall = ServerUnaryCall<unknown, unknown>;

interface Recognized {
  readonly response: RecognizeResponse;
  readonly measures: SpeechMeasures__Output;
}

/** Recordings that arrive whole, in one message. */
@Injectable()
export class RecordingService {
  /** Of each call that runs: what ends it. */
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly recordings: RecordingRecognizer,
    private readonly admission: AdmissionService,
  ) {}

  /** Ends what is still running: its clients learn that they may try elsewhere, before their connection is cut. */
  stopAll(): void {
    for (const call of this.running)
      call.abort(new AppError('service.draining', 'This server has shut down; try again elsewhere.'));
  }

  /** @throws AppError */
  async recognize(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<RecognizeResponse> {
    return (await this.run('speech.recognize', request, metadata, call)).response;
  }

  /** @throws AppError */
  async assess(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<AssessResponse> {
    const { response, measures } = await this.run('speech.assess', request, metadata, call);
    return { recognition: response, measures, scores: scoreSpeech(measures) };
  }

  private run(
    name: string,
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<Recognized> {
    const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: identityOf(metadata) };
    return withSpan(name, span, async () => {
      const ended = new AbortController();
      call.on('cancelled', () => ended.abort());
      if (call.cancelled) ended.abort();
      this.running.add(ended);
      try {
        return await this.recognizeWhole(request, call, span.identity.tenant, ended.signal);
      } catch (error) {
        throw isAppError(ended.signal.reason) ? ended.signal.reason : error;
      } finally {
        this.running.delete(ended);
      }
    });
  }

  private async recognizeWhole(
    request: RecognizeRequest__Output,
    call: UnaryCall,
    tenant: string | undefined,
    signal: AbortSignal,
  ): Promise<Recognized> {
    const config = request.config ?? undefined;
    const audio = readAudioFormat(config?.audio ?? undefined);
    if (audio.encoding === 'opus')
      throw new AppError('audio.unsupported_format', 'Opus packets need a stream: one message each.');
    if (request.audio.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
    const settings = readRecognition(config);
    const recording = {
      settings,
      audio,
      chunks: [request.audio],
      tenant,
      signal,
      deadline: deadlineOf(call),
    };
    const segments: Segment[] = [];
    let model = '';
    for await (const event of this.recordings.recognize(recording)) {
      if (event.kind === 'segment') segments.push(event.segment);
      else if (event.kind === 'started') {
        ({ model } = event);
        call.sendMetadata(loadMetadata(this.admission, new GrpcMetadata()));
      } else {
        const { measures, ...recognition } = event.summary;
        const text = segments
          .map((segment) => segment.text)
          .join('')
          .trim();
        return { response: { text, ...recognition, segments, model }, measures };
      }
    }
    throw new AppError('inference.interrupted', 'The recognition ended before the recording did.');
  }
}

function deadlineOf(call: UnaryCall): number | undefined {
  const deadline = call.getDeadline();
  const ms = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(ms) ? ms : undefined;
}
