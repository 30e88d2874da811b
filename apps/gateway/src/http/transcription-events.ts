import type { Response } from 'express';
import { toOpenAiErrorBody } from '#libs/errors';
import type { Transcript } from '../recognition/transcript.js';
import { usageOf } from './response-formats.js';

/** OpenAI's server-sent events of one transcription. Headers go out with the first event, so that a fault before it
 *  still has its status. */
export class TranscriptionEvents {
  constructor(private readonly response: Response) {}

  readonly delta = (text: string): void => this.send({ type: 'transcript.text.delta', delta: text });

  done(transcript: Transcript): void {
    this.send({ type: 'transcript.text.done', text: transcript.text, usage: usageOf(transcript) });
    this.finish();
  }

  get hasBegun(): boolean {
    return this.response.headersSent;
  }

  /** Ends a stream that has begun; the official clients raise an error from this event. */
  fail(error: unknown): void {
    this.send(toOpenAiErrorBody(error));
    this.response.end();
  }

  private send(event: object): void {
    // A drain may have ended the stream.
    if (this.response.writableEnded) return;
    if (!this.response.headersSent) {
      this.response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      this.response.setHeader('cache-control', 'no-cache');
      this.response.setHeader('x-accel-buffering', 'no');
    }
    this.response.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  private finish(): void {
    this.response.end('data: [DONE]\n\n');
  }
}
