import { ulid } from 'ulid';
import type { ConversationMessage, RealtimeEvent } from '@parlance/contracts';
import { fieldFault } from '../../http/request-fields.js';
import type { ItemSequence } from './buffer-items.js';
import { itemEvents, itemIdOf, userItem } from './realtime-view.js';
import type { WaitingItems } from './waiting-items.js';

export type CreateItem = Extract<ConversationMessage, { type: 'conversation.item.create' }>;

/** What an item comes behind that is the first. */
const ROOT = 'root';

/** The items of a conversation that its client writes. */
export class WrittenItems {
  /** Ids that the client gave. */
  private readonly ids = new Set<string>();

  /** @param waiting  what they are added to, to be answered */
  constructor(
    private readonly sequence: ItemSequence,
    private readonly waiting: WaitingItems,
  ) {}

  /** Adds an item at the end. @returns what the client is told
   *  @throws AppError request.invalid, request.too_large */
  create({ item, previous_item_id: wanted }: CreateItem): RealtimeEvent[] {
    const { sequence, ids } = this;
    const { previous, isBeta } = sequence;
    if (typeof wanted === 'string' && wanted !== (previous ?? ROOT))
      throw fieldFault('previous_item_id', 'items are added at the end here');
    if (item.id !== undefined && ids.has(item.id))
      throw fieldFault('item.id', 'there is an item of this id already');
    this.waiting.addText(item.content.map(({ text }) => text).join('\n'));
    const id = item.id ?? itemIdOf(ulid());
    if (item.id !== undefined) ids.add(id);
    sequence.previous = id;
    return itemEvents(userItem(id, item.content), previous, isBeta);
  }
}
