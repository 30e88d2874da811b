import type { StreamingConfig, StreamingRecognizeRequest } from '@parlance/contracts';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { LiveStream, RecognitionEvent } from '../recognition/live-stream.js';
import { LiveAudioLength } from './live-audio-length.js';
import type { AudioMeter } from './quotas.service.js';

/** Counts a recording as it is decoded. @throws AppError quota.audio_exceeded, and what `pcm` throws */
export async function* metered(pcm: AsyncIterable<Buffer>, meter: AudioMeter): AsyncGenerator<Buffer> {
  for await (const chunk of pcm) {
    meter.add(chunk.length / PCM_BYTES_PER_MS);
    yield chunk;
  }
}

/** A live stream whose audio is counted as it comes. */
export class MeteredStream implements LiveStream {
  private readonly length: LiveAudioLength;

  constructor(
    private readonly stream: LiveStream,
    config: StreamingConfig,
    private readonly meter: AudioMeter,
  ) {
    this.length = new LiveAudioLength(config.recognition?.audio);
  }

  /** @throws AppError quota.audio_exceeded */
  async send(request: StreamingRecognizeRequest): Promise<void> {
    if (request.audio) this.meter.add(this.length.push(request.audio as Buffer));
    await this.stream.send(request);
  }

  end(): void {
    this.stream.end();
  }

  cancel(): void {
    this.stream.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<RecognitionEvent> {
    return this.stream[Symbol.asyncIterator]();
  }
}
