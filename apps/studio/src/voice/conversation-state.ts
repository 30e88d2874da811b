import type { ApiFaultBody } from '../api/api-client.js';
import type { MicrophoneProblem } from './microphone.js';
import type { Assessment, TurnReport, Scores, ServerEvent } from './voice-events.js';

/** A sentence of a reply. */
export interface SentenceView {
  readonly text: string;
  readonly words: readonly { readonly text: string }[];
}

/** An exchange as the page shows it. */
export interface TurnOnPage {
  readonly id: string;
  readonly said: string;
  readonly sentences: readonly (SentenceView | undefined)[];
  /** How many sentences the reply has, once it is whole. */
  readonly length: number | undefined;
  readonly status: 'thinking' | 'answered' | 'interrupted' | 'failed';
  /** What was played of an interrupted reply. */
  readonly played: string;
  readonly scores: Scores | undefined;
  readonly feedback: TurnReport | undefined;
  /** How it was spoken. */
  readonly assessment: Assessment | undefined;
}

export type Problem = MicrophoneProblem | 'gone' | 'silent' | 'playback' | 'noRecognition' | ApiFaultBody;

/** What the page knows of a conversation. */
export interface ConversationState {
  readonly connection: 'idle' | 'connecting' | 'online' | 'reconnecting' | 'ended';
  readonly isListening: boolean;
  readonly activity: 'ready' | 'thinking' | 'speaking' | 'paused';
  /** What is being said: the first `committedLength` units will not change. */
  readonly open: { readonly text: string; readonly committedLength: number };
  /** Finals that no turn has taken yet. */
  readonly finals: string;
  readonly turns: readonly TurnOnPage[];
  /** What the learner was asked to say again, until that is assessed; empty: nothing. */
  readonly toRepeat: string;
  /** What the browser does in the platform's place. */
  readonly browserRecognizes: boolean;
  readonly browserSpeaks: boolean;
  readonly problem: Problem | undefined;
  readonly summary: { readonly turns: number; readonly words: number } | undefined;
}

const NOTHING = { text: '', committedLength: 0 };

export const INITIAL_STATE: ConversationState = {
  connection: 'idle',
  isListening: false,
  activity: 'ready',
  open: NOTHING,
  finals: '',
  turns: [],
  toRepeat: '',
  browserRecognizes: false,
  browserSpeaks: false,
  problem: undefined,
  summary: undefined,
};

/** The state after an event of the server. An event that comes twice, as after a lost connection, changes nothing the second time. */
export function afterEvent(state: ConversationState, { name, event }: ServerEvent): ConversationState {
  switch (name) {
    case 'voice:transcribed': {
      const { text, isFinal, committedLength } = event;
      if (!isFinal) return { ...state, open: { text, committedLength } };
      return { ...state, open: NOTHING, finals: joined(state.finals, text) };
    }
    case 'voice:processing': {
      const { status, messageId } = event;
      if (status === 'speaking') return { ...state, activity: 'speaking' };
      if (status !== 'thinking' || messageId === undefined) return state;
      return withTurn({ ...state, activity: 'thinking', finals: '' }, messageId, ({ said }) => ({
        said: said === '' ? state.finals : said,
      }));
    }
    case 'voice:assessed':
      return withTurn(state, event.messageId, () => ({ assessment: event.assessment }));
    case 'voice:response':
      return afterResponse(state, event);
    case 'voice:ready':
      return { ...state, activity: 'ready' };
    case 'voice:playback-paused':
      return { ...state, activity: 'paused' };
    case 'voice:playback-resumed':
      return { ...state, activity: 'speaking' };
    case 'voice:interrupted':
      return withTurn({ ...state, activity: 'ready' }, event.messageId, () => ({
        status: 'interrupted',
        played: event.played,
      }));
    case 'voice:ended': {
      const { turns, spokenWords: words } = event.metrics;
      return { ...state, connection: 'ended', isListening: false, summary: { turns, words } };
    }
    case 'voice:error': {
      const { error, messageId } = event;
      const next = { ...state, problem: error };
      if (messageId === undefined) return next;
      return withTurn({ ...next, activity: 'ready' }, messageId, () => ({ status: 'failed' }));
    }
    default:
      return state;
  }
}

/** The state as the browser's own recognition has it. */
export function afterBrowserResult(state: ConversationState, text: string): ConversationState {
  return { ...state, open: { text, committedLength: 0 } };
}

/** The state once the platform has taken what somebody typed. */
export function afterTyping(state: ConversationState, messageId: string, text: string): ConversationState {
  return withTurn(state, messageId, () => ({ said: text }));
}

function afterResponse(
  state: ConversationState,
  { messageId, text, metadata, audio }: Extract<ServerEvent, { name: 'voice:response' }>['event'],
): ConversationState {
  const { part, index = 0 } = metadata;
  if (part === 'feedback')
    return withTurn(state, messageId, () => ({
      ...(metadata.feedback ? { feedback: metadata.feedback } : {}),
    }));
  if (part === 'reply')
    return withTurn(state, messageId, ({ said, status }) => ({
      said: metadata.transcript?.text ?? said,
      status: status === 'thinking' ? 'answered' : status,
      length: metadata.sentences,
      scores: metadata.scores,
    }));
  return withTurn(state, messageId, ({ sentences, status }) => {
    const words = audio?.words ?? sentences[index]?.words ?? [];
    const next = [...sentences];
    next[index] = { text, words };
    return { sentences: next, status: status === 'thinking' ? 'answered' : status };
  });
}

/** The state with a turn changed; one that was not known is the newest. */
function withTurn(
  state: ConversationState,
  id: string,
  change: (turn: TurnOnPage) => Partial<TurnOnPage>,
): ConversationState {
  const isKnown = state.turns.some((turn) => turn.id === id);
  const turns = isKnown ? state.turns : [...state.turns, newTurn(id)];
  return { ...state, turns: turns.map((turn) => (turn.id === id ? { ...turn, ...change(turn) } : turn)) };
}

const newTurn = (id: string): TurnOnPage => ({
  id,
  said: '',
  sentences: [],
  length: undefined,
  status: 'thinking',
  played: '',
  scores: undefined,
  feedback: undefined,
  assessment: undefined,
});

const joined = (one: string, other: string): string => [one, other.trim()].filter(Boolean).join(' ');

/** Where a word of a sentence stands in its text. Words are looked for one behind the other, since a word may occur twice.
 *  @returns undefined where it does not stand there as it is spoken, as a number may not */
export function wordIn(
  text: string,
  words: SentenceView['words'],
  index: number,
): { readonly start: number; readonly end: number } | undefined {
  let end = 0;
  let start = -1;
  for (const { text: word } of words.slice(0, index + 1)) {
    start = text.indexOf(word, end);
    if (start >= 0) end = start + word.length;
  }
  return start < 0 ? undefined : { start, end };
}
