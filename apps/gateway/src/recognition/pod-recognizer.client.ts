import { Injectable } from '@nestjs/common';
import { AppError, isAppError } from '@parlance/errors';
import { gauge, SpanKind, withSpan } from '@parlance/telemetry';
import { RecognitionClient, type RecognitionStream } from './recognition.client.js';
import { Recognizer, type RecordingRequest } from './recognizer.js';
import { RecordingCapacity } from './recording-capacity.service.js';
import { TranscriptBuilder, type Transcript } from './transcript.js';

const openRecordings = () => gauge('parlance_gateway_recognitions');

/** Recognises whole recordings on an inference pod, sent at the pace inference takes them. */
@Injectable()
export class PodRecognizer extends Recognizer {
  override readonly name = 'inference';

  constructor(
    private readonly client: RecognitionClient,
    private readonly capacity: RecordingCapacity,
  ) {
    super();
  }

  override canHonour(): boolean {
    return true;
  }

  override async transcribe(request: RecordingRequest): Promise<Transcript> {
    const { pcm, options, identity, signal, onText } = request;
    const { tenant = '' } = identity;
    return withSpan('recognition.recording', { kind: SpanKind.CLIENT, identity }, async () => {
      const recognition = {
        ...options,
        audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      } as const;
      const chunks = pcm[Symbol.asyncIterator]();
      // What waits for a decoder or holds no sound takes no pod's room.
      const first = await chunks.next();
      const stream = await this.client
        .open({ recognition, mode: 'STREAMING_MODE_RECORDING' }, identity, signal)
        .catch(async (error: unknown) => {
          const code = isAppError(error) ? error.code : undefined;
          if (code === 'inference.overloaded') this.capacity.noteRefusal(tenant);
          else if (code === 'upstream.unavailable') this.capacity.forget(tenant);
          await chunks.return?.();
          throw error;
        });
      const done = this.capacity.taken(tenant);
      const cancel = (): void => stream.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      openRecordings().inc();
      let sourceFault: unknown;
      const sent = sendAll(first, chunks, stream).catch((error: unknown) => {
        sourceFault = error;
        stream.cancel();
      });
      try {
        const transcript = await collect(stream, onText);
        await sent;
        return transcript;
      } catch (error) {
        throw sourceFault ?? error;
      } finally {
        signal.removeEventListener('abort', cancel);
        openRecordings().dec();
        done();
      }
    });
  }
}

async function sendAll(
  first: IteratorResult<Buffer>,
  chunks: AsyncIterator<Buffer>,
  stream: RecognitionStream,
): Promise<void> {
  try {
    for (let next = first; !next.done; next = await chunks.next()) {
      if (stream.hasEnded) return;
      await stream.send({ audio: next.value });
    }
    stream.end();
  } finally {
    await chunks.return?.();
  }
}

async function collect(stream: RecognitionStream, onText: RecordingRequest['onText']): Promise<Transcript> {
  const builder = new TranscriptBuilder();
  let model = '';
  let transcript: Transcript | undefined;
  for await (const event of stream) {
    if (event.started) model = event.started.model;
    if (event.result) {
      const delta = builder.add(event.result);
      if (delta !== '') onText?.(delta);
    }
    if (event.summary) transcript = builder.build(model, event.summary);
  }
  if (!transcript) throw new AppError('inference.interrupted', 'Recognition ended before it was complete.');
  return transcript;
}
