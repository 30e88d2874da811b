import type { RealtimeEvent, ReplyItem, ResponseView, TurnEvent } from '@parlance/contracts';
import { wordsWithin } from '../../live/playback.js';
import type { ItemSequence } from './buffer-items.js';
import type { ResponseSettings } from './conversation-settings.js';
import { audioMs } from './realtime-settings.js';
import { eventId, openAiFault } from './realtime-view.js';
import { namesOf, responseView, type ResponseNames } from './response-view.js';

/** How a response ends. */
export type ResponseEnding =
  | { readonly status: 'completed' }
  | { readonly status: 'cancelled'; readonly reason: 'turn_detected' | 'client_cancelled' }
  | { readonly status: 'failed'; readonly error: unknown };

interface Sentence {
  text: string;
  /** Of its audio, as the client gets it. */
  ms: number;
}

/** The reply to a turn, as a client of `/v1/realtime` is told of it: one item of one part. */
export class RealtimeResponse {
  readonly id: string;
  readonly itemId: string;
  private readonly stop = new AbortController();
  private readonly sentences: Sentence[] = [];
  private usage: ResponseView['usage'];
  /** Sentences that are to be spoken; undefined until the reply is whole. */
  private toSpeak: number | undefined;
  private spoken = 0;
  private hasItem = false;
  /** The item that it follows. */
  private previous: string | null = null;

  /** @param sequence  of the conversation's items, which the reply becomes one of */
  constructor(
    readonly turn: string,
    readonly settings: ResponseSettings,
    private readonly sequence: ItemSequence,
    private readonly conversationId: string,
    private readonly metadata: ResponseView['metadata'] = null,
  ) {
    this.id = `resp_${turn}`;
    this.itemId = `item_${turn}`;
  }

  /** Fires when nothing more of it is told but its end. */
  get stopped(): AbortSignal {
    return this.stop.signal;
  }

  /** Whether the reply is whole, and every sentence was spoken that is to be. */
  get isComplete(): boolean {
    return this.toSpeak !== undefined && this.spoken >= this.toSpeak;
  }

  get text(): string {
    return this.sentences.map(({ text }) => text).join(' ');
  }

  get audioMs(): number {
    return this.sentences.reduce((sum, { ms }) => sum + ms, 0);
  }

  created(): RealtimeEvent {
    return { type: 'response.created', event_id: eventId(), response: this.view('in_progress') };
  }

  /** What the client is told of an event of the turn. The audio of a sentence is sent before. */
  happened({ name, data }: TurnEvent): RealtimeEvent[] {
    switch (name) {
      case 'reply.sentence': {
        const delta = this.text === '' ? data.text : ` ${data.text}`;
        this.sentence(data.index).text = data.text;
        const type = this.settings.speaks ? this.names.transcriptDelta : this.names.textDelta;
        return [...this.opened(), { type, ...this.ofPart(), delta }];
      }
      case 'turn.replied': {
        this.toSpeak = data.speak ? data.sentences : 0;
        const { inputTokens: input = 0, outputTokens: output = 0 } = data.usage ?? {};
        if (data.usage)
          this.usage = {
            total_tokens: input + output,
            input_tokens: input,
            output_tokens: output,
            input_token_details: { text_tokens: input, audio_tokens: 0 },
            output_token_details: { text_tokens: output, audio_tokens: 0 },
          };
        return [];
      }
      case 'speech.ready':
      case 'speech.failed':
        this.spoken += 1;
        return [];
      default:
        return [];
    }
  }

  /** A sentence has this audio, which follows. @returns what the client is told first */
  sounded(index: number, audio: Buffer): RealtimeEvent[] {
    this.sentence(index).ms = audioMs(this.settings, audio.length);
    return this.opened();
  }

  audio(delta: Buffer): RealtimeEvent {
    return { type: this.names.audioDelta, ...this.ofPart(), delta: delta.toString('base64') };
  }

  /** Nothing more of it is told but its end. */
  silence(): void {
    this.stop.abort();
  }

  ended(ending: ResponseEnding): RealtimeEvent[] {
    const status = ending.status === 'completed' ? 'completed' : 'incomplete';
    const response = this.view(ending.status, {
      type: ending.status,
      ...(ending.status === 'cancelled' ? { reason: ending.reason } : {}),
      ...(ending.status === 'failed' ? { error: openAiFault(ending.error) } : {}),
    });
    const done: RealtimeEvent = { type: 'response.done', event_id: eventId(), response };
    return this.hasItem ? [...this.itemDone(status), done] : [done];
  }

  /** What a client has played that has played so much of the audio. */
  textWithin(ms: number): string {
    let from = 0;
    const parts = this.sentences.map((one) => {
      const share = one.ms > 0 ? (ms - from) / one.ms : 0;
      from += one.ms;
      return share >= 1 ? one.text : wordsWithin(one.text, Math.max(0, share));
    });
    return parts.filter((part) => part !== '').join(' ');
  }

  private get names(): ResponseNames {
    return namesOf(this.sequence.isBeta);
  }

  private sentence(index: number): Sentence {
    return (this.sentences[index] ??= { text: '', ms: 0 });
  }

  private opened(): RealtimeEvent[] {
    if (this.hasItem) return [];
    this.hasItem = true;
    const previous_item_id = this.sequence.previous;
    this.previous = previous_item_id;
    this.sequence.previous = this.itemId;
    const item = this.item('in_progress', []);
    const { itemAdded } = this.names;
    return [
      { type: 'response.output_item.added', ...this.ofResponse(), item },
      { type: itemAdded, event_id: eventId(), previous_item_id, item },
      { type: 'response.content_part.added', ...this.ofPart(), part: this.part('') },
    ];
  }

  private itemDone(status: 'completed' | 'incomplete'): RealtimeEvent[] {
    const { names, text } = this;
    const item = this.output(status)[0]!;
    const said: RealtimeEvent[] = this.settings.speaks
      ? [
          { type: names.audioDone, ...this.ofPart() },
          { type: names.transcriptDone, ...this.ofPart(), transcript: text },
        ]
      : [{ type: names.textDone, ...this.ofPart(), text }];
    const { itemDone } = names;
    const previous_item_id = this.previous;
    return [
      ...said,
      { type: 'response.content_part.done', ...this.ofPart(), part: this.part(text) },
      { type: 'response.output_item.done', ...this.ofResponse(), item },
      ...itemDone.map((type) => ({ type, event_id: eventId(), previous_item_id, item })),
    ];
  }

  private output(status: ReplyItem['status']): ReplyItem[] {
    if (!this.hasItem) return [];
    const { names, text } = this;
    const content = this.settings.speaks
      ? { type: names.audioContent, transcript: text }
      : { type: names.textContent, text };
    return [this.item(status, [content])];
  }

  private item(status: ReplyItem['status'], content: ReplyItem['content']): ReplyItem {
    return { id: this.itemId, object: 'realtime.item', type: 'message', status, role: 'assistant', content };
  }

  private part(text: string) {
    return this.settings.speaks
      ? ({ type: 'audio', transcript: text } as const)
      : ({ type: 'text', text } as const);
  }

  private ofResponse() {
    return { event_id: eventId(), response_id: this.id, output_index: 0 } as const;
  }

  private ofPart() {
    return { ...this.ofResponse(), item_id: this.itemId, content_index: 0 } as const;
  }

  private view(status: ResponseView['status'], details?: ResponseView['status_details']): ResponseView {
    const ofItem = status === 'completed' ? 'completed' : 'incomplete';
    const { id, conversationId, metadata, usage, settings, sequence } = this;
    return {
      ...responseView({ id, conversationId, metadata, settings, isBeta: sequence.isBeta }),
      status,
      ...(details ? { status_details: details } : {}),
      output: status === 'in_progress' ? [] : this.output(ofItem),
      ...(usage && status === 'completed' ? { usage } : {}),
    };
  }
}
