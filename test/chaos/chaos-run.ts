import type { Gateway, Platform, ProcessName } from '../support/platform.js';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { LiveClient } from './live-client.js';
import { listenConnection, voiceConnection } from './live-connections.js';
import { TurnLedger } from './turn-ledger.js';
import { UploadClient } from './upload-client.js';

/** Turns of each client before the first crash: what they usually take. */
const UNDISTURBED = 2;
/** Each is killed in its turn. */
const VICTIMS: readonly ProcessName[] = ['gateway', 'conversation', 'tts', 'inference', 'nats'];
/** Between one process that is ready again and the next that is killed: turns without a crash among them. */
const CALM_MS = { least: 3_000, most: 6_000 };
const WARM_UP_LIMIT_MS = 120_000;
/** Between two turns of a client. */
const PAUSE_MS = 300;

/** Lets clients take turns while one process after the other is killed and started again, each of them once or until the time is over.
 *  @param untilMs  how long at least; 0: one round */
export async function runChaos(platform: Platform, untilMs: number): Promise<TurnLedger> {
  const ledger = new TurnLedger();
  const { gateways } = platform;
  let connections = 0;
  // Every connection to the next replica.
  const balanced = (): Gateway => gateways[(connections += 1) % gateways.length]!;
  const [letter, gothic] = [speechPcm(READ_SPEECH.letter), speechPcm(READ_SPEECH.gothic)];
  const clients = [
    new UploadClient(gateways, READ_SPEECH.letter, ledger),
    new LiveClient('/voice', ledger, (session, after) => voiceConnection(balanced(), letter, session, after)),
    new LiveClient('/v1/listen', ledger, (session, after) =>
      listenConnection(balanced(), gothic, session, after),
    ),
  ];
  let isOver = false;
  const talking = clients.map(async (client) => {
    while (!isOver) {
      await client.completeTurn();
      await pause(PAUSE_MS);
    }
  });
  try {
    // A fault of a client ends the run.
    await Promise.race([killInTurn(platform, ledger, clients.length, untilMs), Promise.all(talking)]);
    isOver = true;
    await Promise.all(talking);
  } finally {
    isOver = true;
    for (const client of clients) client.close();
  }
  return ledger;
}

async function killInTurn(
  platform: Platform,
  ledger: TurnLedger,
  clients: number,
  untilMs: number,
): Promise<void> {
  await until(() => {
    const ended = [...ledger.turns.values()].filter(({ endedAt }) => endedAt !== undefined);
    const byClient = [...Map.groupBy(ended, ({ client }) => client).values()];
    return byClient.length === clients && byClient.every(({ length }) => length >= UNDISTURBED);
  }, WARM_UP_LIMIT_MS);
  const end = performance.now() + untilMs;
  for (let round = 0; round === 0 || performance.now() < end; round += 1) {
    const replica = round % platform.gateways.length;
    for (const name of VICTIMS) {
      await pause(CALM_MS.least + Math.random() * (CALM_MS.most - CALM_MS.least));
      const killedAt = performance.now();
      await platform.kill(name, replica);
      await platform.restart(name, replica);
      ledger.crashes.push({ name, killedAt, readyAt: performance.now() });
    }
  }
  await pause(CALM_MS.least);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
