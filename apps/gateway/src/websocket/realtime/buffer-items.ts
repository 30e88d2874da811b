import { ulid } from 'ulid';
import { ENDPOINTING, type RealtimeEvent } from '@parlance/contracts';
import type { RecognitionEvent } from '../../recognition/live-stream.js';
import { ItemTranscript } from './item-transcript.js';
import type { RealtimeSettings } from './realtime-settings.js';
import {
  committedEvents,
  completedEvent,
  deltaEvent,
  emptyBuffer,
  errorEvent,
  failedEvent,
  itemIdOf,
  startedEvent,
  stoppedEvent,
} from './realtime-view.js';

/** What the items of a session have in common. */
export interface ItemSequence {
  /** The item committed last; null: there is none. */
  previous: string | null;
  /** Whether the client knows the names of the beta. */
  isBeta: boolean;
}

/** What a client is told of one audio buffer: the items that it becomes, and their transcripts. */
export interface BufferItems {
  /** Something that recognition tells. */
  recognized(event: RecognitionEvent): RealtimeEvent[];
  /** The client commits. @param eventId  of the client's event */
  committed(eventId: string | undefined): RealtimeEvent[];
  /** All that was committed is recognised. @param audioMs  of the whole buffer */
  ended(audioMs: number): RealtimeEvent[];
  /** Recognition has broken off. */
  failed(error: unknown): RealtimeEvent[];
}

/** @param fromMs  where the buffer begins in the audio of the session */
export function itemsOf(
  { turnDetection }: RealtimeSettings,
  sequence: ItemSequence,
  fromMs: number,
): BufferItems {
  if (turnDetection === null) return new CommittedItem(sequence);
  const prefixMs =
    turnDetection.type === 'server_vad' ? turnDetection.prefix_padding_ms : ENDPOINTING.prefixMs.usual;
  return new UtteranceItems(sequence, fromMs, prefixMs);
}

function commit(itemId: string, sequence: ItemSequence): RealtimeEvent[] {
  const { previous, isBeta } = sequence;
  sequence.previous = itemId;
  return committedEvents(itemId, previous, isBeta);
}

function deltas(itemId: string, delta: string): RealtimeEvent[] {
  return delta === '' ? [] : [deltaEvent(itemId, delta)];
}

/** Turns are detected: every utterance is an item. */
class UtteranceItems implements BufferItems {
  /** Those being spoken or recognised, by their utterances. */
  private readonly open = new Map<string, ItemTranscript>();
  private commitment: { readonly eventId: string | undefined } | undefined;

  constructor(
    private readonly sequence: ItemSequence,
    private readonly fromMs: number,
    private readonly prefixMs: number,
  ) {}

  recognized({ endpoint, result }: RecognitionEvent): RealtimeEvent[] {
    if (endpoint?.kind === 'ENDPOINT_KIND_SPEECH_STARTED') {
      this.open.set(endpoint.utteranceId, new ItemTranscript());
      const startMs = this.fromMs + Math.max(0, endpoint.atMs - this.prefixMs);
      return [startedEvent(itemIdOf(endpoint.utteranceId), startMs)];
    }
    // A remote recogniser tells no final of an utterance in which it finds no word.
    if (endpoint?.kind === 'ENDPOINT_KIND_UTTERANCE_END') {
      const { utteranceId, atMs } = endpoint;
      return this.open.has(utteranceId) ? this.complete(utteranceId, atMs, atMs, '') : [];
    }
    // Everything that was committed before is told.
    if (endpoint?.kind === 'ENDPOINT_KIND_FINALIZED' && endpoint.utteranceId === '') return this.ended();
    if (!result) return [];
    const { utteranceId, startMs, endMs } = result;
    const transcript = this.open.get(utteranceId) ?? new ItemTranscript();
    const delta = transcript.add(result);
    if (result.isFinal) return this.complete(utteranceId, startMs, endMs, transcript.text, delta);
    return deltas(itemIdOf(utteranceId), delta);
  }

  committed(eventId: string | undefined): RealtimeEvent[] {
    this.commitment = { eventId };
    return [];
  }

  ended(): RealtimeEvent[] {
    const { commitment } = this;
    this.commitment = undefined;
    if (!commitment) return [];
    const text =
      'Nobody spoke since the last item; turns that are detected are committed without the client.';
    return [errorEvent(emptyBuffer(text), commitment.eventId)];
  }

  failed(error: unknown): RealtimeEvent[] {
    if (this.open.size === 0) return [errorEvent(error, this.commitment?.eventId)];
    const ids = [...this.open.keys()].map(itemIdOf);
    this.open.clear();
    return ids.flatMap((id) => [...commit(id, this.sequence), failedEvent(id, error)]);
  }

  private complete(
    utteranceId: string,
    startMs: number,
    endMs: number,
    text: string,
    delta = '',
  ): RealtimeEvent[] {
    const id = itemIdOf(utteranceId);
    this.open.delete(utteranceId);
    this.commitment = undefined;
    return [
      stoppedEvent(id, this.fromMs + endMs),
      ...commit(id, this.sequence),
      ...deltas(id, delta),
      completedEvent(id, text, endMs - startMs),
    ];
  }
}

/** No turns are detected: the whole buffer is one item, however many utterances it has. */
class CommittedItem implements BufferItems {
  private readonly id = itemIdOf(ulid());
  private readonly transcript = new ItemTranscript();
  private isCommitted = false;

  constructor(private readonly sequence: ItemSequence) {}

  recognized({ result }: RecognitionEvent): RealtimeEvent[] {
    return result ? deltas(this.id, this.transcript.add(result)) : [];
  }

  committed(): RealtimeEvent[] {
    this.isCommitted = true;
    return commit(this.id, this.sequence);
  }

  ended(audioMs: number): RealtimeEvent[] {
    return this.isCommitted ? [completedEvent(this.id, this.transcript.text, audioMs)] : [];
  }

  failed(error: unknown): RealtimeEvent[] {
    return [this.isCommitted ? failedEvent(this.id, error) : errorEvent(error)];
  }
}
