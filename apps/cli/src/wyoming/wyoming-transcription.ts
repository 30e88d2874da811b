import { type AppError, toAppError } from '@parlance/errors';
import { CommittedText } from './committed-text.js';
import { WyomingAudio, type WyomingAudioFormat } from './wyoming-audio.js';
import type { LiveListen, WyomingGateway } from './wyoming-gateway.js';
import type { WyomingTranscribe } from './wyoming-requests.schema.js';
import type { WyomingSend } from './wyoming-speech.js';

export interface WyomingTranscriptionLimits {
  /** Longest audio. */
  readonly audioMs: number;
  /** Longest wait for the gateway, while it reads audio and until the last final. */
  readonly answerMs: number;
}

/** Whose speech it is. */
export interface WyomingTranscriptionClient {
  readonly send: WyomingSend;
  /** Called where recognition breaks off, also between two chunks. */
  readonly onFault: (fault: AppError) => void;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** The client says where the speech ends; a pause within it is no end. */
const ENDPOINTING_MS = 2_000;
/** Of `keyterm`, characters. */
const MOST_TERMS_TEXT = 1_000;

/** One recording of a client while it is spoken: audio to the gateway, its transcript to the client. */
export class WyomingTranscription {
  private readonly text = new CommittedText();
  private readonly done: Promise<void>;
  private hasStarted = false;

  private constructor(
    private readonly stream: LiveListen,
    private readonly audio: WyomingAudio,
    private readonly request: WyomingTranscribe,
    private readonly limits: WyomingTranscriptionLimits,
    private readonly client: WyomingTranscriptionClient,
  ) {
    this.done = this.follow();
    this.done.catch((error: unknown) => client.onFault(toAppError(error)));
  }

  /** @throws AppError as the gateway refuses */
  static async open(
    gateway: WyomingGateway,
    request: WyomingTranscribe,
    format: WyomingAudioFormat,
    limits: WyomingTranscriptionLimits,
    client: WyomingTranscriptionClient,
  ): Promise<WyomingTranscription> {
    const audio = new WyomingAudio(format, limits.audioMs);
    const stream = await gateway.listen(queryOf(request), client.signal);
    return new WyomingTranscription(stream, audio, request, limits, client);
  }

  get format(): WyomingAudioFormat {
    return this.audio.format;
  }

  /** Resolves when there is room for more. @throws AppError audio.too_long */
  async push(payload: Buffer): Promise<void> {
    const pcm = this.audio.push(payload);
    if (pcm.length > 0) await this.bounded(this.stream.sendAudio(pcm));
  }

  /** No more audio comes. Resolves when the client has its transcript. @throws AppError as recognition fails */
  async end(): Promise<void> {
    const rest = this.audio.end();
    if (rest.length > 0) await this.bounded(this.stream.sendAudio(rest));
    this.stream.finish();
    await this.bounded(this.done);
    await this.start();
    const { text, language } = this.text;
    await this.client.send('transcript', { text, ...(language === undefined ? {} : { language }) });
    await this.client.send('transcript-stop');
  }

  close(): void {
    this.stream.close();
  }

  private async follow(): Promise<void> {
    for await (const event of this.stream.events()) {
      if (event.type !== 'Results') continue;
      const delta = this.text.push(event);
      if (delta === '') continue;
      await this.start();
      await this.client.send('transcript-chunk', { text: delta });
    }
  }

  private async start(): Promise<void> {
    if (this.hasStarted) return;
    this.hasStarted = true;
    const language = this.request.language;
    await this.client.send('transcript-start', language === undefined ? {} : { language });
  }

  /** A gateway that does not go on is left: its stream then ends with a fault. */
  private async bounded(work: Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.stream.close(), this.limits.answerMs);
    try {
      await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

function queryOf(request: WyomingTranscribe): Record<string, string> {
  const terms = termsOf(request);
  return {
    encoding: 'linear16',
    sample_rate: '16000',
    interim_results: 'true',
    endpointing: String(ENDPOINTING_MS),
    ...(request.name === undefined ? {} : { model: request.name }),
    ...(request.language === undefined ? {} : { language: request.language }),
    ...(terms === '' ? {} : { keyterm: terms }),
  };
}

/** Names first: they count for more. As many as there is room for. */
function termsOf({ transcript_names: names = [], transcript_terms: terms = [] }: WyomingTranscribe): string {
  let all = '';
  for (const term of [...names, ...terms]) {
    const words = term.replace(/[,[\]"\s]+/g, ' ').trim();
    const longer = all === '' ? words : `${all},${words}`;
    if (words === '') continue;
    if (longer.length > MOST_TERMS_TEXT) break;
    all = longer;
  }
  return all;
}
