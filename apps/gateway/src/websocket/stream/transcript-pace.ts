import { STREAM_TRANSCRIPT_EVERY_MS, type StreamEvent } from '@parlance/contracts';

export type PacedTranscript = Extract<StreamEvent, { type: 'transcript' }>;

/** Somewhat earlier, so that the second is kept on the way. */
const REPEAT_MS = STREAM_TRANSCRIPT_EVERY_MS - 150;

/** Repeats the newest interim while somebody speaks and recognition has nothing new for a second, as on a busy pod. */
export class TranscriptPace {
  private timer: NodeJS.Timeout | undefined;
  private newest: PacedTranscript | undefined;
  private isSending = false;

  constructor(private readonly send: (transcript: PacedTranscript) => Promise<void>) {}

  /** Somebody begins to speak. @param atMs  of the stream */
  begin(utteranceId: string, atMs: number): void {
    this.sent({
      type: 'transcript',
      utterance_id: utteranceId,
      text: '',
      is_final: false,
      language: '',
      start_ms: atMs,
      end_ms: atMs,
    });
  }

  /** A transcript was sent. */
  sent(transcript: PacedTranscript): void {
    this.stop();
    if (transcript.is_final) return;
    this.newest = transcript;
    this.timer = setInterval(() => void this.repeat().catch(() => undefined), REPEAT_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.newest = undefined;
  }

  private async repeat(): Promise<void> {
    // A client that does not read is sent nothing twice.
    if (!this.newest || this.isSending) return;
    this.isSending = true;
    try {
      await this.send(this.newest);
    } finally {
      this.isSending = false;
    }
  }
}
