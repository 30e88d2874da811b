import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Metadata as GrpcMetadata } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { scoreSpeech } from '@parlance/analytics';
import {
  LONGEST_EXPECTED_TEXT,
  type AssessRequest__Output,
  type AssessResponse,
  type RecognizeRequest__Output,
  type RecognizeResponse,
  type SpeechMeasures__Output,
} from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { identityOf, traceOf } from '@parlance/rpc';
import { SpanKind, withSpan } from '@parlance/telemetry';
import type { Segment } from '@parlance/whisper';
import { AdmissionService, loadMetadata } from '../admission/admission.service.js';
import { assessmentMessage } from '../assessment/assessment-message.js';
import { readAnsweredQuestion } from '../assessment/answered-question.js';
import { SCORED_LANGUAGE } from '../assessment/assessment.js';
import { Assessor } from '../assessment/assessor.service.js';
import { HeldSamples } from '../assessment/held-samples.js';
import { RecordingRecognizer } from '../streaming/recording-recognizer.service.js';
import {
  checkLength,
  readAudioFormat,
  readRecognition,
  type RecognitionSettings,
} from '../streaming/stream-config.js';

type UnaryCall = ServerUnaryCall<unknown, unknown>;

interface Recognized {
  readonly response: Omit<RecognizeResponse, 'segments'> & {
    readonly text: string;
    readonly segments: Segment[];
  };
  readonly measures: SpeechMeasures__Output;
}

/** How a call runs. */
interface RunningCall {
  readonly call: UnaryCall;
  readonly tenant: string | undefined;
  readonly signal: AbortSignal;
  readonly deadline: number | undefined;
}

interface WholeRequest<T> {
  readonly request: RecognizeRequest__Output;
  readonly settings: RecognitionSettings;
  readonly onSamples?: HeldSamples['push'];
  /** Asked before the recording's slot is given back. */
  readonly answer: (recognised: Recognized) => Promise<T> | T;
}

/** Recordings that arrive whole, in one message. */
@Injectable()
export class RecordingService {
  /** Of each call that runs: what ends it. */
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly recordings: RecordingRecognizer,
    private readonly assessor: Assessor,
    private readonly admission: AdmissionService,
  ) {}

  /** Ends what is still running: its clients learn that they may try elsewhere, before their connection is cut. */
  stopAll(): void {
    for (const call of this.running)
      call.abort(new AppError('service.draining', 'This server has shut down; try again elsewhere.'));
  }

  /** @throws AppError */
  recognize(
    request: RecognizeRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<RecognizeResponse> {
    return this.run('speech.recognize', metadata, call, (running) => {
      const settings = readRecognition(request.config ?? undefined);
      return this.recognizeWhole({ request, settings, answer: ({ response }) => response }, running);
    });
  }

  /** @throws AppError */
  assess(request: AssessRequest__Output, metadata: Metadata, call: UnaryCall): Promise<AssessResponse> {
    return this.run('speech.assess', metadata, call, async (running) => {
      const settings = readRecognition(request.config ?? undefined);
      checkLength('expected_text', request.expectedText, LONGEST_EXPECTED_TEXT);
      const answers = readAnsweredQuestion(request);
      const expectedText = request.expectedText.trim();
      const language = settings.language ?? (expectedText ? SCORED_LANGUAGE : undefined);
      const held = new HeldSamples();
      return this.recognizeWhole(
        {
          request,
          // Fluency is measured by the times of words.
          settings: { ...settings, language, wordTimestamps: true },
          onSamples: (samples, probabilities) => held.push(samples, probabilities),
          answer: async ({ response, measures }) => {
            const words = response.segments.flatMap((segment) => segment.words);
            const { text, language: spoken = '' } = response;
            const sound = held.sound;
            const recognised = { text, language: spoken, words };
            const { tenant, signal, deadline } = running;
            const options = { priority: 'bulk', tenant, signal, deadline } as const;
            const assessment =
              sound && (await this.assessor.assess({ ...sound, recognised, expectedText, answers }, options));
            return {
              recognition: settings.wordTimestamps ? response : withoutWords(response),
              measures,
              scores: scoreSpeech(measures),
              ...(assessment && { assessment: assessmentMessage(assessment) }),
            };
          },
        },
        running,
      );
    });
  }

  private run<T>(
    name: string,
    metadata: Metadata,
    call: UnaryCall,
    work: (running: RunningCall) => Promise<T>,
  ): Promise<T> {
    const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: identityOf(metadata) };
    return withSpan(name, span, async () => {
      const ended = new AbortController();
      call.on('cancelled', () => ended.abort());
      if (call.cancelled) ended.abort();
      this.running.add(ended);
      const { tenant } = span.identity;
      try {
        return await work({ call, tenant, signal: ended.signal, deadline: deadlineOf(call) });
      } catch (error) {
        throw isAppError(ended.signal.reason) ? ended.signal.reason : error;
      } finally {
        this.running.delete(ended);
      }
    });
  }

  private async recognizeWhole<T>(
    { request, settings, onSamples, answer }: WholeRequest<T>,
    { call, ...running }: RunningCall,
  ): Promise<T> {
    const audio = readAudioFormat(request.config?.audio ?? undefined);
    if (audio.encoding === 'opus')
      throw new AppError('audio.unsupported_format', 'Opus packets need a stream: one message each.');
    if (request.audio.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
    const recording = {
      ...{ settings, audio, chunks: [request.audio], ...running },
      ...(onSamples && { onSamples }),
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
        return await answer({ response: { text, ...recognition, segments, model }, measures });
      }
    }
    throw new AppError('inference.interrupted', 'The recognition ended before the recording did.');
  }
}

function withoutWords({ segments, ...response }: Recognized['response']): RecognizeResponse {
  return { ...response, segments: segments.map((segment) => ({ ...segment, words: [] })) };
}

function deadlineOf(call: UnaryCall): number | undefined {
  const deadline = call.getDeadline();
  const ms = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(ms) ? ms : undefined;
}
