import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference, RecordingReference, TurnIdentity } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ObjectStore } from '@parlance/messaging';
import { withDeadline } from '@parlance/resilience';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { StoredBytes } from '../recordings/stored-bytes.service.js';
import { Ffmpeg, FLAC_ARGUMENTS } from '../media/ffmpeg.js';

/** A recording on its way to the store. */
export interface RecordingInProgress {
  /** Resolves when there is room for more. @throws AppError store.unavailable; nothing stays then */
  write(pcm: Buffer): Promise<void>;
  /** Resolves once the whole recording is stored. @throws AppError store.unavailable; nothing stays then */
  finish(): Promise<ObjectReference>;
  /** Gives it up; nothing stays. */
  discard(): void;
}

/** What the keys of a session's recordings begin with. */
export function recordingsOf(tenant: string, session: string): string {
  return `recordings/${tenant}/${session}/`;
}

const CONTENT_TYPE = 'audio/flac';

/** What the recording of a turn will be known by. */
export function recordingReference({ tenant, session, turn }: TurnIdentity): RecordingReference {
  return { key: `${recordingsOf(tenant, session)}${turn}.flac`, contentType: CONTENT_TYPE };
}

/** Longest wait for the store to take a piece, and for the rest once everything was written. */
const STALL_MS = 30_000;

/** Keeps what people said, as FLAC: nothing is lost for a later look, and half the size. */
@Injectable()
export class RecordingStore {
  constructor(
    private readonly objects: ObjectStore,
    private readonly bytes: StoredBytes,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'decoder'>,
  ) {}

  /** Takes 16 kHz mono s16le as it comes: what was said in a turn. */
  begin(identity: TurnIdentity, stallMs = STALL_MS): RecordingInProgress {
    return this.beginUnder(recordingReference(identity).key, stallMs);
  }

  /** As `begin`, under a key. */
  beginUnder(key: string, stallMs = STALL_MS): RecordingInProgress {
    const ffmpeg = new Ffmpeg(this.config.decoder.ffmpegPath, FLAC_ARGUMENTS);
    let fault: unknown;
    const abandon = (error: unknown): void => {
      fault ??= error;
      // Whoever waits for room goes on: the pipe is closed.
      ffmpeg.stop();
    };
    const stored = this.objects.put(key, wholeOutput(ffmpeg), CONTENT_TYPE);
    stored.catch(abandon);
    return {
      write: async (chunk) => {
        const timer = setTimeout(() => abandon(stalled()), stallMs);
        await ffmpeg.write(chunk);
        clearTimeout(timer);
        if (fault) throw fault;
      },
      finish: async () => {
        ffmpeg.endInput();
        try {
          const kept = await withDeadline(stallMs, stored, () => {
            throw stalled();
          });
          await this.bytes.added(kept.key, kept.bytes);
          return kept;
        } catch (error) {
          abandon(error);
          throw fault;
        }
      },
      discard: () => ffmpeg.stop(),
    };
  }
}

/** What ffmpeg writes; throws at the end where that is not the whole, so that the store keeps nothing. */
async function* wholeOutput(ffmpeg: Ffmpeg): AsyncGenerator<Uint8Array> {
  yield* ffmpeg.output as AsyncIterable<Buffer>;
  if ((await ffmpeg.exited) !== 0)
    throw new AppError('store.unavailable', 'The recording could not be kept whole just now.');
}

function stalled(): AppError {
  return new AppError('store.unavailable', 'The object store takes the recording too slowly just now.');
}
