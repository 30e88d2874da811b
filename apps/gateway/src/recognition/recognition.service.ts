import { Inject, Injectable } from '@nestjs/common';
import type { Degradation } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { HuggingFaceRecognizer } from './hugging-face-recognizer.client.js';
import { OpenAiRecognizer } from './openai-recognizer.client.js';
import { PodRecognizer } from './pod-recognizer.client.js';
import { RecognitionLimit } from './recognition-limit.js';
import type { ChainTranscript, Recognizer, RecordingOptions, RecordingRequest } from './recognizer.js';
import { ReplayableAudio, ReplayMemory } from './replayable-audio.js';

export type { RecordingOptions, RecordingRequest } from './recognizer.js';

export interface ChainRequest extends RecordingRequest {
  /** Longest time for recognition once the audio has come, milliseconds, or as long as the audio lasts where that is
   *  longer. Without it a pod may take as long as the signal allows. */
  readonly limitMs?: number;
  /** Why the pods are not asked (again): the first remote recogniser is. */
  readonly podFault?: AppError;
}

/** Faults of pods that are alive and busy. The next recogniser may answer; where none does, the client gets this fault. */
const IS_BUSY: ReadonlySet<string> = new Set(['inference.overloaded', 'model.loading', 'service.draining']);
/** Faults of pods that are not there. */
const IS_DOWN: ReadonlySet<string> = new Set([
  'upstream.unavailable',
  'inference.interrupted',
  'request.deadline_exceeded',
]);
/** Whether a fault is of the pods rather than of what they are asked for: another recogniser may do it. */
export function isOfPods({ code }: AppError): boolean {
  return IS_BUSY.has(code) || IS_DOWN.has(code);
}

/** Part of the time that the pods have where another recogniser stands behind them. */
const PODS_SHARE = 0.5;

/** Recognises whole recordings: on a pod, on another pod where the first one broke off, then by the remote recognisers
 *  that are configured. */
@Injectable()
export class RecognitionService {
  private readonly memory = new ReplayMemory();
  private readonly remotes: readonly Recognizer[];

  constructor(
    private readonly pods: PodRecognizer,
    @Inject(GATEWAY_CONFIG) { remoteRecognition }: Pick<GatewayConfig, 'remoteRecognition'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { openAi, huggingFace, breaker } = remoteRecognition;
    this.remotes = [
      ...(openAi ? [new OpenAiRecognizer({ ...openAi, breaker })] : []),
      ...(huggingFace ? [new HuggingFaceRecognizer({ ...huggingFace, breaker })] : []),
    ];
  }

  /** Whether a remote recogniser is there that does what the options ask for. */
  hasRemoteFor(options: RecordingOptions): boolean {
    return this.remotes.some((remote) => remote.canHonour(options));
  }

  /** @throws AppError whatever `pcm` throws, inference's refusals, recognition.unavailable when every recogniser is down */
  async transcribe(request: ChainRequest): Promise<ChainTranscript> {
    const { pcm, identity, limitMs } = request;
    const audio = new ReplayableAudio(pcm, identity.tenant ?? '', this.memory);
    const limit = new RecognitionLimit(audio, limitMs);
    try {
      return await withSpan('recognition', { identity }, () => this.askInTurn(request, audio, limit));
    } finally {
      limit.end();
      // A source that waits for its client ends with the request; nobody waits for that here.
      void audio.close().catch(() => undefined);
    }
  }

  private async askInTurn(
    request: ChainRequest,
    audio: ReplayableAudio,
    limit: RecognitionLimit,
  ): Promise<ChainTranscript> {
    const remotes = this.remotes.filter((remote) => remote.canHonour(request.options));
    // Another pod follows one that broke off: whoever kills one seldom kills all.
    const { podFault } = request;
    const chain = podFault ? remotes : [this.pods, this.pods, ...remotes];
    const degraded: Degradation[] = [];
    const faults: AppError[] = podFault ? [podFault] : [];
    let hasText = false;
    const toClient = request.onText && {
      onText: (delta: string): void => {
        hasText = true;
        request.onText?.(delta);
      },
    };
    let asked: Recognizer = this.pods;
    for (const [index, recognizer] of chain.entries()) {
      const last = faults.at(-1);
      const isPod = recognizer === this.pods;
      if (isPod && index === 1 && last?.code !== 'inference.interrupted') continue;
      if (last) {
        this.note(asked, recognizer, last);
        if (recognizer !== asked)
          degraded.push({ stage: 'recognition', from: asked.name, to: recognizer.name, reason: last.code });
      }
      asked = recognizer;
      const signal = limit.signal(isPod && remotes.length > 0 ? PODS_SHARE : 1, request.signal);
      try {
        const transcript = await recognizer.transcribe({ ...request, ...toClient, pcm: audio.pcm(), signal });
        return { ...transcript, degraded };
      } catch (error) {
        if (audio.fault !== undefined) throw audio.fault;
        if (request.signal.aborted) throw error;
        const fault = signal.aborted ? toAppError(signal.reason) : toAppError(error);
        if ((isPod && !isOfPods(fault)) || hasText || !audio.isReplayable) throw fault;
        faults.push(fault);
        if (limit.isOver) break;
      }
    }
    throw exhausted(faults);
  }

  private note(from: Recognizer, to: Recognizer, fault: AppError): void {
    noteFallback('recognition', from.name, to.name, fault.code);
    this.logger.warn(
      { err: fault, from: from.name, to: to.name },
      'recognition goes on to another recogniser',
    );
  }
}

/** What a client gets once nobody is left to ask: that the pods are busy, where they are there; else that recognition is
 *  down, and when a provider that refuses for now wants to be asked again. */
function exhausted(faults: readonly AppError[]): AppError {
  const [first] = faults;
  if (first && IS_BUSY.has(first.code)) return first;
  const hint = faults.find(({ code }) => code === 'quota.exceeded')?.retryAfterSeconds;
  return new AppError('recognition.unavailable', 'Speech recognition is not available just now.', {
    cause: faults.at(-1),
    ...(hint === undefined ? {} : { retryAfterSeconds: hint }),
  });
}
