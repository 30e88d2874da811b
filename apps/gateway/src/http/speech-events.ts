import type { Response } from 'express';
import { toOpenAiErrorBody } from '@parlance/errors';
import { EventStream } from './event-stream.js';

/** OpenAI's server-sent events of speech: its audio piece by piece in base64, then the end. */
export async function sendSpeechEvents(audio: AsyncIterable<Buffer>, response: Response): Promise<void> {
  const events = new EventStream(response);
  try {
    for await (const piece of audio)
      await events.send({ type: 'speech.audio.delta', audio: piece.toString('base64') });
    await events.send({ type: 'speech.audio.done' });
  } catch (error) {
    if (!events.hasBegun) throw error;
    await events.send(toOpenAiErrorBody(error));
  }
  response.end();
}
