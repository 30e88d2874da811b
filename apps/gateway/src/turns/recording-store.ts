import { Inject, Injectable } from '@nestjs/common';
import { PassThrough } from 'node:stream';
import type { ObjectReference, TurnIdentity } from '#libs/contracts';
import { ObjectStore } from '#libs/messaging';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Ffmpeg, FLAC_ARGUMENTS } from '../media/ffmpeg.js';

/** A recording on its way to the store. */
export interface RecordingInProgress {
  /** Resolves when there is room for more. */
  write(pcm: Buffer): Promise<void>;
  /** Resolves once the whole recording is stored. @throws AppError store.unavailable */
  finish(): Promise<ObjectReference>;
  /** Gives it up; nothing stays. */
  discard(): void;
}

/** Keeps what people said, as FLAC: nothing is lost for a later look, and half the size. */
@Injectable()
export class RecordingStore {
  constructor(
    private readonly objects: ObjectStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Takes 16 kHz mono s16le as it comes. */
  begin({ tenant, session, turn }: TurnIdentity): RecordingInProgress {
    const ffmpeg = new Ffmpeg(this.config.PARLANCE_FFMPEG, FLAC_ARGUMENTS);
    const pcm = new PassThrough({ highWaterMark: 262_144 });
    pcm.on('error', () => undefined);
    const fed = ffmpeg.feed(pcm);
    fed.catch(() => undefined);
    const stored = this.objects.put(
      `recordings/${tenant}/${session}/${turn}.flac`,
      ffmpeg.output,
      'audio/flac',
    );
    stored.catch(() => pcm.resume());
    return {
      write: async (chunk) => {
        if (pcm.destroyed || pcm.write(chunk)) return;
        await new Promise<void>((resolve) => {
          pcm.once('drain', resolve);
          pcm.once('close', resolve);
        });
      },
      finish: async () => {
        pcm.end();
        await fed;
        return stored;
      },
      discard: () => {
        pcm.destroy();
        ffmpeg.stop();
      },
    };
  }
}
