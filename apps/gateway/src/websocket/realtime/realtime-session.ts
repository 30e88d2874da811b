import type { RealtimeMessage } from '@parlance/contracts';
import { AppError, isErrorCode, toAppError, type ErrorCode } from '@parlance/errors';
import { readJson, type ClientSocket } from '../client-socket.js';
import { MessageSession } from '../message-session.js';
import type { RealtimeHandshake } from './realtime-handshake.js';
import { eventIdOf, readAudio, readMessage } from './realtime-message.js';
import { betaSessionView, transcriptionSessionView, settingsOfBeta } from './realtime-settings.js';
import type { RealtimeTranscription } from './realtime-transcription.js';
import { errorEvent, eventId } from './realtime-view.js';

/** Which option of an update recognition refuses, by what it says. */
const REFUSED_OPTIONS: Partial<Record<ErrorCode, 'model' | 'language'>> = {
  'model.not_found': 'model',
  'model.language_unsupported': 'language',
};
const OPTIONS_AT = {
  'session.update': 'session.audio.input.transcription',
  'transcription_session.update': 'session.input_audio_transcription',
} as const;

type Update = Extract<RealtimeMessage, { type: keyof typeof OPTIONS_AT }>;

export interface RealtimeSessionOptions {
  readonly idleMs: number;
  readonly handshake: RealtimeHandshake;
  readonly begin: (client: ClientSocket) => RealtimeTranscription;
}

/** One socket of `/v1/realtime`: its events, one after the other. One at fault is answered by an `error` and changes nothing else. */
export class RealtimeSession extends MessageSession<RealtimeTranscription> {
  constructor(private readonly options: RealtimeSessionOptions) {
    super();
  }

  protected async greet(client: ClientSocket): Promise<void> {
    const { handshake, begin } = this.options;
    // On the open socket, since OpenAI's clients do not say what the answer to a refused handshake was.
    if (!handshake.isTranscription) return client.fail(notOffered());
    this.running = begin(client);
    await this.tellSession('created', handshake.isBeta);
    this.restartIdle();
  }

  protected async handle(data: Buffer, isBinary: boolean): Promise<void> {
    const { running } = this;
    if (!running || this.isDraining) return;
    this.stopWaiting();
    let source: string | undefined;
    try {
      if (isBinary)
        throw new AppError('request.invalid', 'A binary frame is no event; send audio in base64.');
      const json = readJson(data);
      source = eventIdOf(json);
      await this.answer(running, readMessage(json));
    } catch (error) {
      if (toAppError(error).code === 'internal.unexpected') throw error;
      await this.client?.send(errorEvent(error, source));
    } finally {
      this.restartIdle();
    }
  }

  protected async endRunning(): Promise<void> {
    await this.running?.end();
  }

  private async answer(running: RealtimeTranscription, message: RealtimeMessage): Promise<void> {
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

  private restartIdle(): void {
    const text = 'Nothing was sent for too long; append audio.';
    this.waitFor(this.options.idleMs, new AppError('stream.idle_timeout', text));
  }
}

function notOffered(): AppError {
  const text =
    'Conversation sessions are not offered here; connect with intent=transcription, or with a model of transcription.';
  return new AppError('request.invalid', text, { param: 'intent' });
}

/** Names the option that recognition refuses. @param path  of what has it */
function refusedOption(error: unknown, path: string): unknown {
  const { code, message } = toAppError(error);
  const option = isErrorCode(code) && REFUSED_OPTIONS[code];
  return option ? new AppError(code, message, { cause: error, param: `${path}.${option}` }) : error;
}
