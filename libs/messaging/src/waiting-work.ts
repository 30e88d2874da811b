import type { MsgRequest, StoredMsg } from 'nats';
import { STREAMS } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { headerIdentity } from './message-headers.js';
import type { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode } from './streams.js';

const NO_MESSAGE = 10037;
/** Asked for one after the other; what is behind these is younger than the call. */
const MOST_LOOKED_AT = 10_000;

/**
 * Removes a session's work that nobody has done yet, also what somebody is doing: it will not be delivered again.
 * @throws AppError upstream.unavailable
 */
export async function removeWaitingWork(
  connection: NatsConnection,
  tenant: string,
  session: string,
): Promise<void> {
  try {
    for (let sequence = 1, seen = 0; seen < MOST_LOOKED_AT; seen++) {
      const stored = await next(connection, sequence);
      if (!stored) return;
      sequence = stored.seq + 1;
      const identity = headerIdentity(stored.header);
      if (identity.tenant === tenant && identity.session === session) await remove(connection, stored.seq);
    }
  } catch (cause) {
    throw new AppError('upstream.unavailable', 'The message bus is not reachable just now.', { cause });
  }
}

async function next({ manager }: NatsConnection, sequence: number): Promise<StoredMsg | undefined> {
  try {
    // The server knows this request, the client's types leave it out.
    const query = { seq: sequence, next_by_subj: '>' } as unknown as MsgRequest;
    return await manager.streams.getMessage(STREAMS.work.name, query);
  } catch (error) {
    if (jetStreamErrorCode(error) === NO_MESSAGE) return undefined;
    throw error;
  }
}

async function remove({ manager }: NatsConnection, sequence: number): Promise<void> {
  await manager.streams.deleteMessage(STREAMS.work.name, sequence, false).catch((error: unknown) => {
    // Done, and acknowledged, meanwhile.
    if (jetStreamErrorCode(error) !== NO_MESSAGE) throw error;
  });
}
