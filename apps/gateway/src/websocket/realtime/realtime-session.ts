import type { TranscriptionMessage } from '@parlance/contracts';
import type { ClientSocket } from '../client-socket.js';
import { RealtimeEventSession } from './realtime-event-session.js';
import { readAudio, readMessage } from './realtime-message.js';
import { betaSessionView, transcriptionSessionView, settingsOfBeta } from './realtime-settings.js';
import type { RealtimeTranscription } from './realtime-transcription.js';
import { eventId, refusedOption } from './realtime-view.js';

const OPTIONS_AT = {
  'session.update': 'session.audio.input.transcription',
  'transcription_session.update': 'session.input_audio_transcription',
} as const;

type Update = Extract<TranscriptionMessage, { type: keyof typeof OPTIONS_AT }>;

export interface RealtimeSessionOptions {
  readonly idleMs: number;
  /** Whether events have the names of OpenAI's beta at first. */
  readonly isBeta: boolean;
  readonly begin: (client: ClientSocket) => RealtimeTranscription;
}

/** One socket of `/v1/realtime` whose session transcribes. */
export class RealtimeSession extends RealtimeEventSession<RealtimeTranscription> {
  constructor(private readonly options: RealtimeSessionOptions) {
    super(options.idleMs);
  }

  protected async begin(client: ClientSocket): Promise<void> {
    const { isBeta, begin } = this.options;
    this.running = begin(client);
    await this.tellSession('created', isBeta);
  }

  protected async answer(running: RealtimeTranscription, event: unknown): Promise<void> {
    const message = readMessage(event);
    switch (message.type) {
      case 'session.update':
      case 'transcription_session.update':
        return this.update(running, message);
      case 'input_audio_buffer.append':
        return running.append(readAudio(message.audio, running.currentSettings));
      case 'input_audio_buffer.commit':
        return running.commit(message.event_id);
      case 'input_audio_buffer.clear':
        running.clear();
        await this.client?.send({ type: 'input_audio_buffer.cleared', event_id: eventId() });
    }
  }

  private async update(running: RealtimeTranscription, message: Update): Promise<void> {
    const isBeta = message.type === 'transcription_session.update';
    try {
      await running.update(isBeta ? settingsOfBeta(message.session) : message.session);
    } catch (error) {
      throw refusedOption(error, OPTIONS_AT[message.type]);
    }
    running.speakBeta(isBeta);
    await this.tellSession('updated', isBeta);
  }

  private async tellSession(what: 'created' | 'updated', isBeta: boolean): Promise<void> {
    const { client, running } = this;
    if (!client || !running) return;
    const { currentSettings } = running;
    const id = `sess_${client.requestId}`;
    await client.send(
      isBeta
        ? {
            type: `transcription_session.${what}`,
            event_id: eventId(),
            session: betaSessionView(id, currentSettings),
          }
        : {
            type: `session.${what}`,
            event_id: eventId(),
            session: transcriptionSessionView(id, currentSettings),
          },
    );
  }
}
