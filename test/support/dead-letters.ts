import { IDENTITY_KEYS, type TurnTranscribed } from '@parlance/contracts';
import { DEAD_LETTER_HEADERS, messageHeaders, NatsConnection } from '@parlance/messaging';
import { silentLogger } from './silent-logger.js';
import { aTurn } from './turn-factory.js';

const SUBJECT = 'parlance.turn.transcribed';

/**
 * Puts a dead letter into the stream, as a service does whose work has failed for good.
 * @param turn  whose work it is; one of acme else
 * @param payload  in the place of the turn, where it is not to fit its schema
 * @returns its place in the stream
 */
export async function deadLetterOf(
  natsUrl: string,
  turn: TurnTranscribed = aTurn(),
  payload: unknown = turn,
): Promise<string> {
  const connection = await NatsConnection.open(
    { natsUrl, name: 'test', connectTimeoutMs: 5_000 },
    silentLogger,
  );
  try {
    const described = messageHeaders(turn.identity, {
      [DEAD_LETTER_HEADERS.code]: 'upstream.unavailable',
      [DEAD_LETTER_HEADERS.message]: 'The language model did not answer.',
      [DEAD_LETTER_HEADERS.deliveries]: '3',
    });
    const { seq } = await connection.jetStream.publish(`parlance.dead.${SUBJECT}`, JSON.stringify(payload), {
      headers: described,
    });
    return String(seq);
  } finally {
    await connection.close();
  }
}

/** Turns that wait to be answered, oldest first. */
export async function waitingTurns(natsUrl: string): Promise<string[]> {
  const connection = await NatsConnection.open(
    { natsUrl, name: 'test', connectTimeoutMs: 5_000 },
    silentLogger,
  );
  try {
    const { state } = await connection.manager.streams.info('PARLANCE_WORK');
    const turns: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const { header } = await connection.manager.streams.getMessage('PARLANCE_WORK', { seq });
      turns.push(header.get(IDENTITY_KEYS.turn));
    }
    return turns;
  } finally {
    await connection.close();
  }
}
