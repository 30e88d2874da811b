import { AppError, type ErrorCode } from '@parlance/errors';
import { wyomingAudioFormat, type WyomingAudioFormat } from './wyoming-audio.js';
import type { WyomingGateway } from './wyoming-gateway.js';
import type { WyomingEvent } from './wyoming-reader.js';
import { wyomingRequest, type WyomingTranscribe } from './wyoming-requests.schema.js';
import { WyomingSpeech } from './wyoming-speech.js';
import {
  WyomingTranscription,
  type WyomingTranscriptionClient,
  type WyomingTranscriptionLimits,
} from './wyoming-transcription.js';

/** What a session needs beside its events. */
export interface WyomingSessionDependencies extends WyomingTranscriptionClient {
  readonly gateway: WyomingGateway;
  readonly limits: WyomingTranscriptionLimits;
  /** Recognises what names no model; undefined: the gateway's default. */
  readonly model: string | undefined;
  /** Speaks what names neither voice nor language; empty: the gateway's choice. */
  readonly voice: string;
}

const ANYTHING: WyomingTranscribe = {
  name: undefined,
  language: undefined,
  transcript_names: undefined,
  transcript_terms: undefined,
};

/** One client's events, one after another; an event of a type that is not known is dropped, as the protocol wants it. */
export class WyomingSession {
  private request: WyomingTranscribe | undefined;
  private transcription: WyomingTranscription | undefined;
  private speech: WyomingSpeech | undefined;

  constructor(private readonly dependencies: WyomingSessionDependencies) {}

  /** Resolves when the next event may come. @throws AppError for what cannot be done */
  async handle({ type, data, payload }: WyomingEvent): Promise<void> {
    const { gateway, send, signal } = this.dependencies;
    switch (type) {
      case 'describe':
        return send('info', await gateway.info(signal));
      case 'ping':
        return send('pong', { text: wyomingRequest('ping', data).text ?? null });
      case 'transcribe':
        this.refuse(
          this.transcription,
          'request.invalid',
          'transcribe: the audio before has no audio-stop yet.',
        );
        this.request = wyomingRequest('transcribe', data);
        return;
      case 'audio-start':
        this.refuse(
          this.transcription,
          'stream.config_repeated',
          'audio-start: the audio has begun already.',
        );
        await this.open(wyomingAudioFormat(data));
        return;
      case 'audio-chunk':
        return this.pushAudio(data, payload);
      case 'audio-stop':
        return this.endAudio();
      case 'synthesize':
        // It repeats the text of a stream for servers that cannot stream.
        if (!this.speech) await this.openSpeech(type, data).speak(wyomingRequest(type, data).text);
        return;
      case 'synthesize-start':
        this.refuse(this.speech, 'stream.config_repeated', 'synthesize-start: the text has begun already.');
        this.speech = this.openSpeech(type, data);
        return;
      case 'synthesize-chunk':
        return this.openedSpeech(type).push(wyomingRequest(type, data).text);
      case 'synthesize-stop':
        await this.openedSpeech(type).end();
        this.speech = undefined;
        return send('synthesize-stopped');
    }
  }

  /** Stops what is in work. */
  close(): void {
    this.transcription?.close();
    this.transcription = undefined;
  }

  private async open(format: WyomingAudioFormat): Promise<WyomingTranscription> {
    const { gateway, limits, model } = this.dependencies;
    const { name = model, ...request } = this.request ?? ANYTHING;
    this.request = undefined;
    const asked = { ...request, name };
    this.transcription = await WyomingTranscription.open(gateway, asked, format, limits, this.dependencies);
    return this.transcription;
  }

  /** A chunk tells its format as well: some clients send no audio-start. */
  private async pushAudio(data: WyomingEvent['data'], payload: Buffer): Promise<void> {
    const isTold = data.rate !== undefined || data.width !== undefined || data.channels !== undefined;
    if (!isTold)
      this.require(this.transcription, 'audio-chunk: comes without rate, width, channels and audio-start.');
    const format = isTold ? wyomingAudioFormat(data) : undefined;
    const transcription = this.transcription ?? (await this.open(format!));
    if (format && !isSame(format, transcription.format))
      throw new AppError(
        'audio.unsupported_format',
        'audio-chunk: rate, width or channels change within the audio.',
      );
    await transcription.push(payload);
  }

  private async endAudio(): Promise<void> {
    const transcription = this.require(this.transcription, 'audio-stop: no audio has begun.');
    await transcription.end();
    transcription.close();
    this.transcription = undefined;
  }

  private openSpeech(type: 'synthesize' | 'synthesize-start', data: WyomingEvent['data']): WyomingSpeech {
    const { gateway, voice, send, signal } = this.dependencies;
    return new WyomingSpeech(gateway, wyomingRequest(type, data), voice, send, signal);
  }

  private openedSpeech(type: string): WyomingSpeech {
    return this.require(this.speech, `${type}: comes without synthesize-start.`);
  }

  private require<Thing>(thing: Thing | undefined, text: string): Thing {
    if (thing === undefined) throw new AppError('stream.config_missing', text);
    return thing;
  }

  private refuse(thing: object | undefined, code: ErrorCode, text: string): void {
    if (thing !== undefined) throw new AppError(code, text);
  }
}

function isSame(one: WyomingAudioFormat, other: WyomingAudioFormat): boolean {
  return one.rate === other.rate && one.width === other.width && one.channels === other.channels;
}
