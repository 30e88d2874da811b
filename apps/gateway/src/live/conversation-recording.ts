import type { StreamingRecognizeRequest } from '@parlance/contracts';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { LiveStream } from '../recognition/live-stream.js';
import type { SessionRecorder } from '../recordings/session-recorder.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import { SessionRecordings } from '../recordings/session-recordings.service.js';

/** Makes the recordings of live conversations. */
@Injectable()
export class LiveRecordings {
  constructor(
    private readonly recordings: SessionRecordings,
    private readonly privacy: LearnerPrivacy,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  of(tenant: string, session: string): ConversationRecording {
    const { recordings, privacy, logger } = this;
    return new ConversationRecording({ recordings, privacy, logger }, tenant, session);
  }
}

/** The recording of one conversation. A store that is slow or away costs sound of the recording, never of the conversation. */
export class ConversationRecording {
  private recorder: Promise<SessionRecorder | undefined> | undefined;
  private isWriting = false;

  constructor(
    private readonly services: {
      readonly recordings: SessionRecordings;
      readonly privacy: LearnerPrivacy;
      readonly logger: Logger;
    },
    private readonly tenant: string,
    private readonly session: string,
  ) {}

  /** What passes to recognition is recorded on its way. */
  beside(stream: LiveStream): Pick<LiveStream, 'send'> {
    this.recorder ??= this.attempt(() => this.open());
    return {
      send: (request: StreamingRecognizeRequest) => {
        if (request.audio) void this.write(request.audio as Buffer);
        return stream.send(request);
      },
    };
  }

  /** @returns undefined where nothing may be recorded */
  private async open(): Promise<SessionRecorder | undefined> {
    const { tenant, session } = this;
    const { recordings, privacy } = this.services;
    return (await privacy.allowsRecording(tenant, session)) ? recordings.open(tenant, session) : undefined;
  }

  /** Resolves when all is stored; it is then joined to what was recorded before. */
  async close(): Promise<void> {
    const recorder = await this.recorder;
    if (!recorder) return;
    await this.attempt(() => recorder.close());
    void this.attempt(() => this.services.recordings.join(this.tenant, this.session));
  }

  private async write(pcm: Buffer): Promise<void> {
    const recorder = await this.recorder;
    if (!recorder || this.isWriting) return;
    this.isWriting = true;
    await this.attempt(() => recorder.write(pcm));
    this.isWriting = false;
  }

  /** @returns undefined after a fault, which is logged */
  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (err) {
      this.services.logger.warn({ err, session: this.session }, 'a conversation is not recorded just now');
      return undefined;
    }
  }
}
