import {
  DescribeVoicesCommand,
  PollyClient,
  PollyServiceException,
  SynthesizeSpeechCommand,
  type Engine,
  type SpeechMarkType,
  type Voice,
  type VoiceId,
} from '@aws-sdk/client-polly';
import { textParts, type SpeechWord } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { outsideCall, PROVIDER_BREAKER, type BreakerOptions, type OutsideCall } from '@parlance/resilience';
import { OUTPUT_RATE_HZ } from '../../encoding/encodings.js';
import { mp3LengthMs } from '../../encoding/mp3-length.js';
import {
  SpeechSynthesizer,
  type SpeechManner,
  type SpeechVoice,
  type EngineAudio,
} from '../speech-synthesizer.js';
import { wordsOfMarks } from './polly-marks.js';
import { pollySpeed, pollySsml } from './polly-ssml.js';

export interface PollyOptions {
  readonly region: string;
  readonly endpoint?: string;
  /** What a voice speaks by where it can; by another engine of its own where it cannot. */
  readonly model: Engine;
  /** Speaks for its language. */
  readonly defaultVoice: string;
  /** Without keys the SDK's own chain finds credentials. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Deadline of one attempt. */
  readonly timeoutMs?: number;
  readonly breaker?: BreakerOptions;
}

/** Polly takes 3,000 characters that it bills, and 6,000 with those of the markup. */
const LONGEST_TEXT = 2_900;
const LONGEST_SSML = 5_900;
/** What a voice speaks by that cannot do what is configured, best first. */
const ENGINES: readonly Engine[] = ['neural', 'standard', 'generative', 'long-form'];

const LICENCE = 'AWS Service Terms';

interface PollyVoice extends SpeechVoice {
  readonly model: Engine;
}

interface SpokenPart {
  readonly lengthMs: number;
  readonly marks: Promise<string | undefined>;
}

type PollyOutput =
  | { readonly OutputFormat: 'mp3'; readonly SampleRate: string }
  | { readonly OutputFormat: 'json'; readonly SpeechMarkTypes: readonly SpeechMarkType[] };

/** Amazon Polly: every voice of the account's region, by the best engine it has. */
export class PollySynthesizer extends SpeechSynthesizer {
  override readonly engine = 'polly';
  private readonly client: PollyClient;
  private readonly call: OutsideCall;
  /** With a breaker of its own: without marks a voice can still speak. */
  private readonly marksCall: OutsideCall;
  private found: readonly PollyVoice[] = [];

  constructor(private readonly options: PollyOptions) {
    super();
    const { region, endpoint, credentials, timeoutMs = 4_000, breaker = PROVIDER_BREAKER } = options;
    this.client = new PollyClient({
      region,
      ...(endpoint ? { endpoint } : {}),
      ...(credentials ? { credentials } : {}),
      // Retries are this class' own.
      maxAttempts: 1,
    });
    this.call = outsideCall({ name: 'Polly', timeoutMs, attempts: 3, isRetryable, breaker });
    this.marksCall = outsideCall({ name: 'Polly', timeoutMs, attempts: 2, isRetryable, breaker });
  }

  override async init(): Promise<void> {
    const found: Voice[] = [];
    let page: string | undefined;
    do {
      const command = new DescribeVoicesCommand(page === undefined ? {} : { NextToken: page });
      const { Voices = [], NextToken } = await this.call.execute(({ signal }) =>
        this.client.send(command, { abortSignal: signal }),
      );
      found.push(...Voices);
      page = NextToken;
    } while (page !== undefined);
    const voices = found.flatMap((voice) => voiceOf(voice, this.options.model));
    const isDefault = ({ name }: SpeechVoice): boolean => name === this.options.defaultVoice;
    const isConfigured = ({ model }: PollyVoice): boolean => model === this.options.model;
    const others = voices.filter((voice) => !isDefault(voice));
    this.found = [
      ...voices.filter(isDefault),
      ...others.filter(isConfigured),
      ...others.filter((voice) => !isConfigured(voice)),
    ];
  }

  override voices(): readonly SpeechVoice[] {
    return this.found.map(({ model: _model, ...voice }) => voice);
  }

  override speak(text: string, name: string, { speed, signal }: SpeechManner): EngineAudio {
    const voice = this.found.find((one) => one.name === name);
    if (!voice) throw new AppError('voice.not_found', 'Polly has no such voice any more.');
    const { native, rest } = pollySpeed(speed);
    const spoken: SpokenPart[] = [];
    const chunks = this.speakParts(ssmlParts(text, native), voice, signal, spoken);
    return { sampleRateHz: undefined, isMp3: true, speed: rest, chunks, words: () => wordsOfParts(spoken) };
  }

  /** A part arrives whole before it is passed on, so that an answer cut off in the middle can be asked for again. */
  private async *speakParts(
    parts: readonly string[],
    voice: PollyVoice,
    signal: AbortSignal,
    spoken: SpokenPart[],
  ): AsyncGenerator<Buffer> {
    for (const ssml of parts) {
      const marks = this.marksOf(ssml, voice, signal);
      const audio = await this.audioOf(ssml, voice, signal);
      spoken.push({ lengthMs: mp3LengthMs(audio), marks });
      yield audio;
    }
  }

  private async audioOf(ssml: string, voice: PollyVoice, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.ask(
        this.call,
        ssml,
        voice,
        { OutputFormat: 'mp3', SampleRate: String(OUTPUT_RATE_HZ) },
        signal,
      );
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'request.cancelled') throw cause;
      throw new AppError('upstream.unavailable', 'The voice is not reachable just now.', { cause });
    }
  }

  /** Undefined where Polly does not give them: speech is not held up for want of its words' times. */
  private async marksOf(ssml: string, voice: PollyVoice, signal: AbortSignal): Promise<string | undefined> {
    try {
      const wanted = { OutputFormat: 'json', SpeechMarkTypes: ['word', 'viseme'] } as const;
      return (await this.ask(this.marksCall, ssml, voice, wanted, signal)).toString();
    } catch {
      return undefined;
    }
  }

  private async ask(
    call: OutsideCall,
    ssml: string,
    voice: PollyVoice,
    output: PollyOutput,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const command = new SynthesizeSpeechCommand({
      Text: ssml,
      TextType: 'ssml',
      VoiceId: voice.name as VoiceId,
      Engine: voice.model,
      OutputFormat: output.OutputFormat,
      ...('SampleRate' in output ? { SampleRate: output.SampleRate } : {}),
      ...('SpeechMarkTypes' in output ? { SpeechMarkTypes: [...output.SpeechMarkTypes] } : {}),
    });
    return call.execute(async (attempt) => {
      const { AudioStream } = await this.client.send(command, { abortSignal: attempt.signal });
      const answer = await AudioStream?.transformToByteArray();
      if (!answer || answer.length === 0) throw new Error('Polly gave nothing');
      return Buffer.from(answer);
    }, signal);
  }
}

/** SSML documents for a text, each within Polly's limits. */
function ssmlParts(text: string, speed: number, longest = LONGEST_TEXT): string[] {
  return textParts(text, longest).flatMap((part) => {
    const ssml = pollySsml(part, speed);
    // Signs that are escaped take up to five characters each.
    return ssml.length <= LONGEST_SSML ? [ssml] : ssmlParts(part, speed, Math.ceil(longest / 2));
  });
}

function voiceOf({ Id, LanguageCode, Gender, SupportedEngines }: Voice, wanted: Engine): PollyVoice[] {
  const model = [wanted, ...ENGINES].find((engine) => SupportedEngines?.includes(engine));
  if (!Id || !model) return [];
  const gender = Gender ? ({ gender: Gender === 'Female' ? 'female' : 'male' } as const) : {};
  return [{ name: Id, language: LanguageCode ?? '', licence: LICENCE, model, ...gender }];
}

/** None where those of a part are not known: words with a hole among them would be worse. */
async function wordsOfParts(parts: readonly SpokenPart[]): Promise<SpeechWord[]> {
  const words: SpeechWord[] = [];
  let startMs = 0;
  for (const { lengthMs, marks } of parts) {
    const given = await marks;
    const found = given === undefined ? undefined : wordsOfMarks(given, lengthMs);
    if (!found) return [];
    for (const word of found) words.push(later(word, startMs));
    startMs += lengthMs;
  }
  return words;
}

function later({ text, startMs, endMs }: SpeechWord, byMs: number): SpeechWord {
  return { text, startMs: Math.round(startMs + byMs), endMs: Math.round(endMs + byMs) };
}

function isRetryable(error: unknown): boolean {
  const status = error instanceof PollyServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === undefined || status === 429 || status >= 500;
}
