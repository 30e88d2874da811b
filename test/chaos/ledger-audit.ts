import { ListenClient } from '../support/listen-client.js';
import type { Gateway } from '../support/platform.js';
import type { TurnView } from '../support/turn-view.js';
import { until } from '../support/until.js';
import { readListen } from './live-connections.js';
import type { LedgerTurn, SeenEvent, TurnLedger } from './turn-ledger.js';

/** Longest wait for the last events. */
const REPLAY_LIMIT_MS = 20_000;

/** What the ledger and the platform do not agree in; each line names a turn. */
export interface Audit {
  /** Acknowledged, and not whole in the store or in the events. */
  readonly lost: readonly string[];
  /** A reply, a sentence or a spoken sentence that is there twice, or was told twice. */
  readonly doubled: readonly string[];
  /** Events that a client which came back was not told, or not in their order. */
  readonly missed: readonly string[];
  /** Turns that were taken while their acknowledgement did not arrive, and what became of them. */
  readonly unacknowledged: readonly string[];
}

/** Holds the ledger against the store, by the API, and against the sessions' events. */
export async function auditLedger(gateway: Gateway, ledger: TurnLedger): Promise<Audit> {
  const [lost, doubled, missed, unacknowledged]: string[][] = [[], [], [], []];
  const bySession = Map.groupBy(ledger.turns.values(), ({ session }) => session);
  for (const [session, turns] of bySession) {
    const stored = await storedTurns(gateway, session);
    const events = await replay(gateway, session, turns);
    for (const turn of turns) {
      const found = stored.filter(({ id }) => id === turn.id);
      const fault = faultOf(turn, found, events);
      if (fault) lost!.push(`${turn.client} ${turn.id}: ${fault}`);
    }
    doubled!.push(...doubles(events.map(({ turn, kind, index }) => `${turn} ${kind} ${index ?? ''}`)));
    doubled!.push(...doubles(stored.map(({ id }) => id)));
    doubled!.push(...doubles(stored.map(({ sequence }) => `${session} number ${sequence}`)));
    const acknowledged = new Set(turns.map(({ id }) => id));
    for (const { id, status } of stored) if (!acknowledged.has(id)) unacknowledged!.push(`${id}: ${status}`);
    const seen = ledger.seen.get(turns[0]!.client);
    if (seen) {
      doubled!.push(...doubles(seen.map(({ sequence }) => `told twice: ${session} ${sequence}`)));
      missed!.push(...missing(seen, events));
    }
  }
  return { lost: lost!, doubled: doubled!, missed: missed!, unacknowledged: unacknowledged! };
}

async function storedTurns(gateway: Gateway, session: string): Promise<TurnView[]> {
  const all: TurnView[] = [];
  for (;;) {
    const after = all.at(-1)?.sequence ?? 0;
    const answer = await gateway.fetch(`/api/v1/voice/sessions/${session}/turns?after=${after}`);
    const { turns } = (await answer.json()) as { turns: TurnView[] };
    if (turns.length === 0) return all;
    all.push(...turns);
  }
}

/** The session's events from the first one on, as a client gets them that was not there. */
async function replay(gateway: Gateway, session: string, turns: readonly LedgerTurn[]): Promise<SeenEvent[]> {
  const watcher = await ListenClient.open(gateway.url, { converse: 'true', session, after: '0' });
  const events = (): SeenEvent[] =>
    readListen(watcher.events).filter((event): event is SeenEvent => 'sequence' in event);
  const hasAll = (): boolean => turns.every(({ id }) => isWhole(events().filter(({ turn }) => turn === id)));
  await until(hasAll, REPLAY_LIMIT_MS).catch(() => undefined);
  watcher.socket.terminate();
  return events();
}

function isWhole(events: readonly SeenEvent[]): boolean {
  const reply = events.find(({ kind }) => kind === 'reply');
  return reply !== undefined && events.filter(({ kind }) => kind === 'speech').length === reply.sentences;
}

function faultOf({ id, endedAt }: LedgerTurn, found: readonly TurnView[], events: readonly SeenEvent[]) {
  const [stored] = found;
  if (!stored) return 'is not in the store';
  if (stored.status !== 'complete') return `is ${stored.status}`;
  if (stored.reply?.sentences.some(({ audio }) => audio === undefined)) return 'has a sentence without sound';
  if (!isWhole(events.filter(({ turn }) => turn === id))) return 'has no whole reply among the events';
  return endedAt === undefined ? 'was never whole at its client' : undefined;
}

function doubles(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
}

/** Of what lies before the last event that the client got. */
function missing(seen: readonly SeenEvent[], events: readonly SeenEvent[]): string[] {
  const sequences = seen.map(({ sequence }) => sequence);
  const last = Math.max(...sequences);
  const told = new Set(sequences);
  const absent = events.filter(({ sequence }) => sequence <= last && !told.has(sequence));
  const disordered = sequences.filter((sequence, at) => at > 0 && sequence < sequences[at - 1]!);
  return [
    ...absent.map(({ turn, kind, sequence }) => `${turn} ${kind} ${sequence} was not told`),
    ...disordered.map((sequence) => `${sequence} was told behind a later one`),
  ];
}
