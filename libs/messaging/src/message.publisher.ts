import type { JsMsg, MsgHdrs } from 'nats';
import type { z } from 'zod';
import {
  dedupeId,
  eventSubject,
  TURN_EVENTS,
  WORK,
  type PracticeTask,
  type ReplySentence,
  type RequestIdentity,
  type TurnEvent,
  type TurnTranscribed,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { Bulkhead, outsideCall } from '@parlance/resilience';
import { SpanKind, withSpan } from '@parlance/telemetry';
import { DEAD_LETTER_HEADERS, headerIdentity, messageHeaders } from './message-headers.js';
import type { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode, STREAM_FULL } from './streams.js';

/** The payload of each kind of work, by its name in WORK. */
export interface WorkPayloads {
  turnTranscribed: TurnTranscribed;
  replySentence: ReplySentence;
  practiceTask: PracticeTask;
}
export type WorkName = keyof WorkPayloads;

const WORK_IDS: { [Name in WorkName]: (message: WorkPayloads[Name]) => string } = {
  turnTranscribed: (message) => dedupeId.turnTranscribed(message.identity.turn),
  replySentence: (message) => dedupeId.replySentence(message.identity.turn, message.index),
  practiceTask: (message) => dedupeId.practiceTask(message.set, message.task),
};

const PUBLISH_TIMEOUT_MS = 3_000;

/** Publishes to JetStream: each message once (by its id), acknowledged by the server before the call returns. */
export class MessagePublisher {
  private readonly call = outsideCall({
    name: 'The message bus',
    timeoutMs: PUBLISH_TIMEOUT_MS,
    attempts: 4,
    breaker: { failures: 20, halfOpenAfterMs: 1_000 },
  });
  private readonly pending = new Bulkhead({
    limit: 256,
    queue: 1_024,
    refusal: 'upstream.unavailable',
    message: 'Too many messages are waiting to be sent.',
  });

  constructor(private readonly connection: NatsConnection) {}

  async publishWork<Name extends WorkName>(name: Name, message: WorkPayloads[Name]): Promise<void> {
    const { subject, schema } = WORK[name];
    await this.send(subject, { schema, message, identity: message.identity, id: WORK_IDS[name](message) });
  }

  async publishEvent(event: TurnEvent): Promise<void> {
    await this.send(eventSubject(event.data.identity.session, event.name), {
      schema: TURN_EVENTS[event.name],
      message: event.data,
      identity: event.data.identity,
      id: eventId(event),
    });
  }

  /** Keeps a message nobody could handle, with the reason, for a person to look at. */
  async deadLetter(message: JsMsg, reason: AppError): Promise<void> {
    const headers = messageHeaders(headerIdentity(message.headers), {
      [DEAD_LETTER_HEADERS.code]: reason.code,
      [DEAD_LETTER_HEADERS.message]: reason.message.replace(/[\r\n]+/g, ' '),
      [DEAD_LETTER_HEADERS.deliveries]: String(message.info.deliveryCount),
    });
    const id = `dead:${message.info.stream}:${message.seq}`;
    await this.forward(`parlance.dead.${message.subject}`, message.data, headers, id);
  }

  private async forward(subject: string, data: Uint8Array, headers: MsgHdrs, id: string): Promise<void> {
    await this.pending.run(() => this.call.execute(() => this.publishOnce(subject, data, headers, id)));
  }

  private async send(
    subject: string,
    options: { schema: z.ZodType; message: unknown; identity: RequestIdentity; id: string },
  ): Promise<void> {
    const { schema, message, identity, id } = options;
    const data = Buffer.from(JSON.stringify(schema.parse(message)));
    await withSpan(
      `publish ${subjectFamily(subject)}`,
      {
        kind: SpanKind.PRODUCER,
        identity,
        attributes: {
          'messaging.system': 'nats',
          'messaging.operation.type': 'send',
          'messaging.destination.name': subjectFamily(subject),
          'messaging.message.id': id,
        },
      },
      () => this.forward(subject, data, messageHeaders(identity), id),
    );
  }

  private async publishOnce(subject: string, data: Uint8Array, headers: MsgHdrs, id: string): Promise<void> {
    await this.connection.whenConnected();
    try {
      const options = { msgID: id, headers, timeout: PUBLISH_TIMEOUT_MS };
      await this.connection.whileConnected(() => this.connection.jetStream.publish(subject, data, options));
    } catch (cause) {
      if (STREAM_FULL.has(jetStreamErrorCode(cause) ?? 0))
        throw new AppError('upstream.unavailable', 'More work is waiting than the platform takes on.', {
          cause,
          retryAfterSeconds: 10,
        });
      throw cause;
    }
  }
}

function eventId(event: TurnEvent): string {
  const { turn } = event.data.identity;
  switch (event.name) {
    case 'reply.sentence':
      return `event:${dedupeId.replySentence(turn, event.data.index)}`;
    case 'turn.replied':
      return dedupeId.turnReplied(turn);
    case 'turn.feedback':
      return dedupeId.turnFeedback(turn);
    case 'speech.ready':
      return dedupeId.speechReady(turn, event.data.index);
    case 'speech.failed':
      return dedupeId.speechFailed(turn, event.data.index);
    case 'turn.failed':
      return dedupeId.turnFailed(turn, event.data.stage);
  }
}

/** Session ids stay out of span names: they would make each name unique. */
function subjectFamily(subject: string): string {
  return subject.replace(/^(parlance\.event)\.[^.]+/, '$1');
}
