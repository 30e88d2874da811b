import type { Response } from 'express';
import { toOpenAiErrorBody } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';
import type { Transcript } from '../recognition/transcript.js';
import { logprobsOf, usageOf } from './response-formats.js';
import type { TranscriptionFields } from './transcription-form.schema.js';

/** Server-sent events of one answer. Headers go out with the first event, so that a fault before it still has its status. */
export class EventStream {
  /** One wait for room, however many events are written meanwhile. */
  private room: Promise<void> | undefined;

  constructor(private readonly response: Response) {}

  get hasBegun(): boolean {
    return this.response.headersSent;
  }

  /** Resolves when the client takes more, or has gone. */
  async send(event: object): Promise<void> {
    const { response } = this;
    if (!response.headersSent) {
      response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      response.setHeader('cache-control', 'no-store');
      response.setHeader('x-accel-buffering', 'no');
    }
    if (response.destroyed || response.writableEnded) return;
    if (response.write(`data: ${JSON.stringify(event)}\n\n`)) return;
    this.room ??= whenWritable(response).finally(() => (this.room = undefined));
    await this.room;
  }
}

/** OpenAI's server-sent events of speech: its audio in chunks of base64, then the end. @param characters  of the text */
export async function sendSpeechEvents(
  audio: AsyncIterable<Buffer>,
  characters: number,
  response: Response,
): Promise<void> {
  const events = new EventStream(response);
  try {
    for await (const chunk of audio)
      await events.send({ type: 'speech.audio.delta', audio: chunk.toString('base64') });
    await events.send({ type: 'speech.audio.done', usage: speechUsageOf(characters) });
  } catch (error) {
    if (!events.hasBegun) throw error;
    await events.send(toOpenAiErrorBody(error));
  }
  response.end();
}

/** The voices read characters and not tokens: quotas count those as well. Audio has no tokens here. */
function speechUsageOf(characters: number) {
  return { input_tokens: characters, output_tokens: 0, total_tokens: characters };
}

/** OpenAI's server-sent events of one transcription. */
export class TranscriptionEvents {
  private readonly events: EventStream;

  constructor(private readonly response: Response) {
    this.events = new EventStream(response);
  }

  /** Text is a few bytes a second: it is not held back for a client that reads slowly. */
  readonly delta = (text: string): void => this.send({ type: 'transcript.text.delta', delta: text });

  done(transcript: Transcript, fields: TranscriptionFields): void {
    const { text } = transcript;
    const logprobs = logprobsOf(transcript, fields);
    this.send({ type: 'transcript.text.done', text, ...logprobs, usage: usageOf(transcript) });
    this.response.end('data: [DONE]\n\n');
  }

  get hasBegun(): boolean {
    return this.events.hasBegun;
  }

  /** Ends a stream that has begun; the official clients raise an error from this event. */
  fail(error: unknown): void {
    this.send(toOpenAiErrorBody(error));
    this.response.end();
  }

  private send(event: object): void {
    void this.events.send(event);
  }
}
