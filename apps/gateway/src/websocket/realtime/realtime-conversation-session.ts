import type { ConversationMessage } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import type { ClientSocket } from '../client-socket.js';
import { betaConversationView, conversationOfBeta, conversationView } from './conversation-settings.js';
import type { RealtimeConversation } from './realtime-conversation.js';
import { RealtimeEventSession } from './realtime-event-session.js';
import { isConversationModel } from './realtime-handshake.js';
import { readAudio, readConversationMessage } from './realtime-message.js';
import { eventId, refusedOption } from './realtime-view.js';

export interface ConversationSessionOptions {
  readonly idleMs: number;
  /** Of the connection; empty: the default. */
  readonly model: string;
  /** Begins a session. @throws AppError store.unavailable, upstream.unavailable, … */
  readonly begin: (client: ClientSocket) => Promise<RealtimeConversation>;
}

type Update = Extract<ConversationMessage, { type: 'session.update' }>;

/** One socket of `/v1/realtime` whose session is a conversation. */
export class RealtimeConversationSession extends RealtimeEventSession<RealtimeConversation> {
  constructor(private readonly options: ConversationSessionOptions) {
    super(options.idleMs);
  }

  protected async begin(client: ClientSocket): Promise<void> {
    const { model, begin } = this.options;
    // On the open socket, since OpenAI's clients do not say what the answer to a refused handshake was.
    if (!isConversationModel(model)) return client.fail(noSuchModel('model'));
    this.running = await begin(client);
    await this.tellSession('created');
  }

  protected async answer(running: RealtimeConversation, event: unknown): Promise<void> {
    const message = readConversationMessage(event, running.isBeta);
    switch (message.type) {
      case 'session.update':
        return this.update(running, message);
      case 'input_audio_buffer.append':
        return running.append(readAudio(message.audio, running.currentSettings.input));
      case 'input_audio_buffer.commit':
        return running.commit(message.event_id);
      case 'input_audio_buffer.clear':
        await running.clear();
        await this.client?.send({ type: 'input_audio_buffer.cleared', event_id: eventId() });
        return;
      case 'conversation.item.create':
        return running.createItem(message);
      case 'conversation.item.truncate':
        return running.responses.truncate(message.item_id, message.audio_end_ms);
      case 'conversation.item.delete':
        return running.responses.delete(message.item_id);
      case 'response.create':
        return running
          .createResponse(message.response ?? {})
          .catch((error: unknown) => Promise.reject(refusedVoice(error, 'response.audio.output.voice')));
      case 'response.cancel':
        return running.responses.cancel('client_cancelled', message.response_id);
    }
  }

  private async update(running: RealtimeConversation, { session }: Update): Promise<void> {
    const isBeta = !('type' in session);
    try {
      await running.update('type' in session ? session : conversationOfBeta(session), isBeta);
    } catch (error) {
      const path = isBeta ? 'session.input_audio_transcription' : 'session.audio.input.transcription';
      throw refusedVoice(refusedOption(error, path), isBeta ? 'session.voice' : 'session.audio.output.voice');
    }
    await this.tellSession('updated');
  }

  private async tellSession(what: 'created' | 'updated'): Promise<void> {
    const { client, running } = this;
    if (!client || !running) return;
    const { currentSettings, isBeta } = running;
    const id = `sess_${running.session}`;
    const session = (isBeta ? betaConversationView : conversationView)(id, currentSettings);
    await client.send({ type: `session.${what}`, event_id: eventId(), session });
  }
}

/** @param param  that names it */
export function noSuchModel(param: string): AppError {
  const text = `${param}: there is no such model of conversations; name one of gpt-realtime, or connect with intent=transcription.`;
  return new AppError('model.not_found', text, { param });
}

/** Names the option by which a voice was asked for that there is not. */
export function refusedVoice(error: unknown, param: string): unknown {
  const { code, message } = toAppError(error);
  return code === 'voice.not_found' ? new AppError(code, message, { cause: error, param }) : error;
}
