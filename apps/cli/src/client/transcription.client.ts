import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { AppError } from '@parlance/errors';
import { faultFromBody, fetchFromGateway } from './gateway-request.js';

export const FORMATS = ['text', 'json', 'srt', 'vtt', 'verbose_json'] as const;
export type Format = (typeof FORMATS)[number];

export interface TranscriptionRequest {
  readonly audio: AsyncIterable<Uint8Array>;
  readonly fileName: string;
  readonly format: Format;
  readonly model?: string;
  readonly language?: string;
  /** Comma-separated; what the language is detected among. */
  readonly languages?: string;
  /** Into English instead of the language spoken. */
  readonly isTranslated?: boolean;
  /** Further form fields: openai/whisper's decoding options. */
  readonly options?: readonly (readonly [name: string, value: string])[];
  /** Called with each piece of text as it is recognised. */
  readonly onText?: (text: string) => void;
}

/** Longest wait for a recording; hours of sound take minutes. */
const LIMIT_MS = 3_600_000;

/** The gateway's `/v1/audio/transcriptions` and `/v1/audio/translations`. Audio is sent as it is read, in any length. */
export class TranscriptionClient {
  private readonly gateway;

  constructor(url: string, apiKey: string | undefined) {
    this.gateway = { url, apiKey };
  }

  /** @returns the transcript in the format asked for
   *  @throws AppError with the gateway's own code, or upstream.unavailable */
  async transcribe(request: TranscriptionRequest): Promise<string> {
    const isStreamed = request.format === 'text' || request.format === 'json';
    const fields: [string, string][] = [
      // The alias stands for whatever model the gateway has as its default.
      ['model', request.model ?? 'whisper-1'],
      ['response_format', isStreamed ? 'json' : request.format],
    ];
    if (request.language) fields.push(['language', request.language]);
    if (request.languages) fields.push(['languages', request.languages]);
    for (const [name, value] of request.options ?? []) fields.push([name, value]);
    if (isStreamed) fields.push(['stream', 'true']);
    if (request.format === 'verbose_json') {
      fields.push(['timestamp_granularities[]', 'segment'], ['timestamp_granularities[]', 'word']);
    }
    const response = await this.post(fields, request);
    if (!isStreamed || !response.body) return (await response.text()).trimEnd();
    const text = await readTranscript(response.body, request.onText);
    return request.format === 'json' ? JSON.stringify({ text }) : text;
  }

  private async post(fields: readonly [string, string][], request: TranscriptionRequest): Promise<Response> {
    const boundary = `parlance-${randomUUID()}`;
    const body = Readable.from(multipart(boundary, fields, request.fileName, request.audio));
    const route = request.isTranslated ? 'translations' : 'transcriptions';
    return fetchFromGateway(this.gateway, `/v1/audio/${route}`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: Readable.toWeb(body) as ReadableStream,
      duplex: 'half',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  }
}

async function* multipart(
  boundary: string,
  fields: readonly [string, string][],
  fileName: string,
  audio: AsyncIterable<Uint8Array>,
) {
  for (const [name, value] of fields) {
    yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  }
  const safeName = fileName.replace(/["\r\n]/g, '_');
  yield Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${safeName}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  );
  yield* audio;
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/** OpenAI's stream events: `transcript.text.delta` pieces, then `transcript.text.done` with the whole. */
async function readTranscript(
  body: ReadableStream<Uint8Array>,
  onText: (text: string) => void = () => undefined,
): Promise<string> {
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) {
    if (data === '[DONE]') continue;
    const fault = faultFromBody(data);
    if (fault) throw fault;
    const event = JSON.parse(data) as { type: string; delta?: string; text?: string };
    if (event.type === 'transcript.text.delta') onText(event.delta ?? '');
    if (event.type === 'transcript.text.done') return (event.text ?? '').trim();
  }
  throw new AppError('inference.interrupted', 'The transcript broke off before its end.');
}
