import type { AudioDecoder } from '@parlance/audio';
import type { StreamSummary } from '@parlance/contracts/proto/parlance/voice/v1/StreamSummary';
import { AppError, isAppError } from '@parlance/errors';
import { scoreSpeech } from '../analytics/speech-scores.js';
import type { LiveSession } from './live-session.js';
import type { StreamCall } from './stream-call.js';

/** Feeds a live session from its call: audio in the order sent, controls where they were sent. */
export class LiveStream {
  private isDraining = false;

  constructor(
    private readonly call: StreamCall,
    private readonly decoder: AudioDecoder,
    private readonly session: LiveSession,
  ) {}

  /** Lets the utterance being spoken end, then turns the client away. */
  drain(): void {
    this.isDraining = true;
    if (!this.session.isSpeaking) this.call.interrupt(draining());
  }

  /** Runs until the client half-closes; a fault comes after the finals of what was heard before it. */
  async run(): Promise<StreamSummary> {
    try {
      await this.takeAll();
      await this.session.finalize();
      await this.session.flush();
    } catch (error) {
      if (!isAppError(error) || error.code !== 'request.cancelled') await this.finishHeard();
      throw error;
    } finally {
      this.session.stop();
    }
    const measures = this.session.measures(this.decoder.level);
    const { audioMs, spokenLanguage } = this.session;
    return { audioMs, ...spokenLanguage, measures, scores: scoreSpeech(measures) };
  }

  private async takeAll(): Promise<void> {
    for (let message = await this.call.read(); message; message = await this.call.read()) {
      if (message.payload === 'config')
        throw new AppError('stream.config_repeated', 'The configuration may be sent once, first.');
      if (message.payload === 'control') {
        if (message.control === 'CONTROL_FINALIZE') await this.session.finalize();
        else if (message.control !== 'CONTROL_KEEP_ALIVE')
          throw new AppError(
            'request.invalid',
            'The field control must be CONTROL_FINALIZE or CONTROL_KEEP_ALIVE.',
          );
      } else if (message.audio) {
        for (const samples of this.decoder.pieces(message.audio)) await this.session.accept(samples);
      }
      if (this.isDraining && !this.session.isSpeaking) throw draining();
    }
    await this.session.accept(this.decoder.end());
  }

  private async finishHeard(): Promise<void> {
    try {
      await this.session.finalize();
      await this.session.flush();
    } catch {
      // The stream has failed already; that fault is the one to tell.
    }
  }
}

function draining(): AppError {
  return new AppError('service.draining', 'This server is shutting down; open a new stream.');
}
