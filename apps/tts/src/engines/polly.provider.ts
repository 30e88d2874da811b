import {
  DescribeVoicesCommand,
  PollyClient,
  PollyServiceException,
  SynthesizeSpeechCommand,
  type Engine,
  type VoiceId,
} from '@aws-sdk/client-polly';
import { AppError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import {
  SpeechSynthesizer,
  type SpeechManner,
  type SpeechVoice,
  type EngineAudio,
} from './speech-synthesizer.js';
import { textParts } from './text-parts.js';

export interface PollyOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly model: Engine;
  /** Speaks for its language. */
  readonly defaultVoice: string;
  /** Without keys the SDK's own chain finds credentials. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly timeoutMs?: number;
  readonly breaker?: { readonly failures: number; readonly halfOpenAfterMs: number };
}

/** Polly bills at most this many characters a request. */
const LONGEST_REQUEST = 2_900;

const LICENCE = 'AWS Service Terms';

/** Amazon Polly. */
export class PollySynthesizer extends SpeechSynthesizer {
  override readonly engine = 'polly';
  private readonly client: PollyClient;
  private readonly call;
  private found: readonly SpeechVoice[] = [];

  constructor(private readonly options: PollyOptions) {
    super();
    const { region, endpoint, credentials, timeoutMs = 8_000, breaker } = options;
    this.client = new PollyClient({
      region,
      ...(endpoint ? { endpoint } : {}),
      ...(credentials ? { credentials } : {}),
      // Retries are this class' own.
      maxAttempts: 1,
    });
    this.call = outsideCall({
      name: 'Polly',
      timeoutMs,
      attempts: 3,
      isRetryable,
      ...(breaker ? { breaker } : {}),
    });
  }

  override async init(): Promise<void> {
    const { Voices = [] } = await this.call.execute(({ signal }) =>
      this.client.send(new DescribeVoicesCommand({ Engine: this.options.model }), { abortSignal: signal }),
    );
    const voices = Voices.flatMap(({ Id, LanguageCode, Gender }): SpeechVoice[] =>
      Id
        ? [
            {
              name: Id,
              language: LanguageCode ?? '',
              licence: LICENCE,
              ...(Gender ? { gender: Gender === 'Female' ? 'female' : 'male' } : {}),
            },
          ]
        : [],
    );
    const isDefault = ({ name }: SpeechVoice): boolean => name === this.options.defaultVoice;
    this.found = [...voices.filter(isDefault), ...voices.filter((voice) => !isDefault(voice))];
  }

  override voices(): readonly SpeechVoice[] {
    return this.found;
  }

  override speak(text: string, voice: string, { speed, signal }: SpeechManner): EngineAudio {
    return { sampleRateHz: undefined, speed, chunks: this.speakParts(text, voice, signal) };
  }

  /** A part arrives whole before it is passed on, so that an answer cut off in the middle can be asked for again. */
  private async *speakParts(text: string, voice: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    for (const part of textParts(text, LONGEST_REQUEST)) yield await this.speakPart(part, voice, signal);
  }

  private async speakPart(text: string, voice: string, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.call.execute(async (attempt) => {
        const command = new SynthesizeSpeechCommand({
          Text: text,
          TextType: 'text',
          VoiceId: voice as VoiceId,
          Engine: this.options.model,
          OutputFormat: 'mp3',
          SampleRate: '24000',
        });
        const { AudioStream } = await this.client.send(command, { abortSignal: attempt.signal });
        const audio = await AudioStream?.transformToByteArray();
        if (!audio || audio.length === 0) throw new Error('Polly gave no audio');
        return Buffer.from(audio);
      }, signal);
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'request.cancelled') throw cause;
      throw new AppError('upstream.unavailable', 'The voice is not reachable just now.', { cause });
    }
  }
}

function isRetryable(error: unknown): boolean {
  const status = error instanceof PollyServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === undefined || status === 429 || status >= 500;
}
