import type { Response } from 'express';
import { toOpenAiErrorBody } from '@parlance/errors';
import type { Transcript } from '../recognition/transcript.js';
import { EventStream } from './event-stream.js';
import { usageOf } from './response-formats.js';

/** OpenAI's server-sent events of one transcription. */
export class TranscriptionEvents {
  private readonly events: EventStream;

  constructor(private readonly response: Response) {
    this.events = new EventStream(response);
  }

  /** Text is a few bytes a second: it is not held back for a client that reads slowly. */
  readonly delta = (text: string): void => this.send({ type: 'transcript.text.delta', delta: text });

  done(transcript: Transcript): void {
    this.send({ type: 'transcript.text.done', text: transcript.text, usage: usageOf(transcript) });
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
