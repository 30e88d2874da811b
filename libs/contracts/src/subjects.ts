import type { z } from 'zod';
import { practiceTaskSchema } from './practice.schema.js';
import {
  replySentenceSchema,
  speechFailedSchema,
  speechReadySchema,
  turnFailedSchema,
  turnFeedbackSchema,
  turnRepliedSchema,
  turnTranscribedSchema,
} from './turn-messages.schema.js';

/** JetStream streams. WORK is a work queue: a message leaves it when one consumer acknowledges. EVENTS keeps a session's
 *  events long enough for a client to reconnect and resume. DEAD_LETTERS holds work that failed for good, for a person to look at. */
export const STREAMS = {
  work: {
    name: 'PARLANCE_WORK',
    subjects: ['parlance.turn.transcribed', 'parlance.reply.sentence', 'parlance.practice.task'],
  },
  events: { name: 'PARLANCE_EVENTS', subjects: ['parlance.event.>'] },
  deadLetters: { name: 'PARLANCE_DEAD_LETTERS', subjects: ['parlance.dead.>'] },
  /** What happened, for usage analytics. */
  activity: { name: 'PARLANCE_ACTIVITY', subjects: ['parlance.activity.>'] },
} as const;

/** Work subjects, each with its schema. */
export const WORK = {
  turnTranscribed: {
    subject: 'parlance.turn.transcribed',
    schema: turnTranscribedSchema,
    consumer: 'conversation',
  },
  replySentence: { subject: 'parlance.reply.sentence', schema: replySentenceSchema, consumer: 'tts' },
  practiceTask: { subject: 'parlance.practice.task', schema: practiceTaskSchema, consumer: 'practice' },
} as const;

/** Events a client may see, each with its schema; on the wire under `parlance.event.<session>.<name>`. */
export const TURN_EVENTS = {
  'reply.sentence': replySentenceSchema,
  'turn.replied': turnRepliedSchema,
  'turn.feedback': turnFeedbackSchema,
  'speech.ready': speechReadySchema,
  'speech.failed': speechFailedSchema,
  'turn.failed': turnFailedSchema,
} as const;
export type TurnEventName = keyof typeof TURN_EVENTS;

/** One event with its payload, discriminated by name. */
export type TurnEvent = {
  [Name in TurnEventName]: { readonly name: Name; readonly data: z.infer<(typeof TURN_EVENTS)[Name]> };
}[TurnEventName];

export function eventSubject(session: string, name: TurnEventName): string {
  return `parlance.event.${session}.${name}`;
}

/** Every event of a session. */
export function sessionEventsFilter(session: string): string {
  return `parlance.event.${session}.>`;
}

/** Where an activity is told; of one without a session, `none`. */
export function activitySubject(tenant: string, session = 'none'): string {
  return `parlance.activity.${tenant}.${session}`;
}

/** The one group of consumers that adds activities up by day. */
export const ACTIVITY_CONSUMER = 'daily-analytics';

/** The event's name in a subject made by `eventSubject`; undefined for a foreign one. */
export function eventNameOf(subject: string): TurnEventName | undefined {
  const name = subject.split('.').slice(3).join('.');
  return Object.hasOwn(TURN_EVENTS, name) ? (name as TurnEventName) : undefined;
}

/** Where processes tell each other what only those who listen just now need to know. No stream keeps it. */
export function announcementSubject(channel: string): string {
  return `parlance.announce.${channel}`;
}

/** Ids by which JetStream drops a second publish of the same fact. */
export const dedupeId = {
  turnTranscribed: (turn: string) => `${turn}:transcribed`,
  replySentence: (turn: string, index: number) => `${turn}:sentence:${index}`,
  practiceTask: (set: string, task: string) => `${set}:${task}`,
  turnReplied: (turn: string) => `${turn}:replied`,
  turnFeedback: (turn: string) => `${turn}:feedback`,
  speechReady: (turn: string, index: number) => `${turn}:speech:${index}`,
  speechFailed: (turn: string, index: number) => `${turn}:unspoken:${index}`,
  turnFailed: (turn: string, stage: string) => `${turn}:failed:${stage}`,
} as const;
