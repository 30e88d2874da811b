import { STREAMS } from '@parlance/contracts';
import { NatsConnection } from '@parlance/messaging';
import { ALLOCATOR, NODE_FLAGS } from '../../tools/dev/src/pod-memory.js';
import { Platform } from '../support/platform.js';
import { silentLogger } from '../support/silent-logger.js';
import { VoiceClient } from '../support/voice-client.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { Speaker, type Delivery } from './crowd/speaker.js';
import { liveSpeech } from './live/live-speech.js';
import { residentMiB, watchResident } from './process-figures.js';
import { limitRow, medianOf, p95Of } from './ratios.js';

/** `npm run bench:crowd`: 500 idle connections of /voice and 6 that speak, all joined to sessions of their own; whisper-base
 *  recognises, the coach and Piper answer. Delivery is counted from when the bus stored a session's event, by its server's clock, to
 *  when the client had it with its sound, by the same machine's clock. */
const IDLE = 500;
const SPEAKING = 6;
const SECONDS = Number(process.env.PARLANCE_BENCH_SECONDS || 90);
const RECOGNISER = 'whisper-base';
/** Connections that are opened at once. */
const OPENING = 20;
const LIMITS = { deliveryMs: 100, gatewayMiB: 300 };
const QUIET = { settings: { ttsEnabled: false, language: 'en' } };

const context = benchContext(1);
const { say } = context;
const { utterances } = await liveSpeech(context.shared, 4 * SPEAKING);
const platform = await Platform.start({
  inference: { PARLANCE_DEFAULT_MODEL: RECOGNISER },
  gateway: {
    // Memory is used as in its image.
    ...ALLOCATOR,
    NODE_OPTIONS: NODE_FLAGS.join(' '),
    PARLANCE_DEFAULT_MODEL: RECOGNISER,
    PARLANCE_TENANT_CONCURRENCY: String(2 * (IDLE + SPEAKING)),
  },
});
const clients: { close(): void }[] = [];
try {
  const { gateway } = platform;
  const memory = watchResident(gateway.process.pid);
  const atFirstMiB = residentMiB(gateway.process.pid);
  const idle = await joinIdle(gateway.url);
  const withIdleMiB = residentMiB(gateway.process.pid);
  clients.push(...idle);
  const speakers = await Promise.all(
    Array.from({ length: SPEAKING }, (_, nth) => Speaker.join(gateway.url, `speaker-${nth}`)),
  );
  clients.push(...speakers);
  const end = performance.now() + SECONDS * 1_000;
  await Promise.all(
    speakers.map(async (speaker, nth) => {
      // They do not speak in chorus.
      await new Promise((resolve) => setTimeout(resolve, nth * 700));
      const own = utterances.slice(4 * nth, 4 * nth + 4).map(({ pcm }) => pcm);
      await speaker.converse(own, end);
    }),
  );
  const mostMiB = memory.stop();
  const gone = idle.filter(({ socket }) => !socket.connected).length;
  const [spoken, refused] = [sumOf(speakers, 'utterances'), sumOf(speakers, 'refused')];
  const losses = speakers.flatMap((speaker) => speaker.losses);
  for (const loss of losses) say(`lost: ${loss}`);
  const delays = await delaysOf(speakers.flatMap(({ deliveries }) => deliveries));
  const faults = speakers.flatMap((speaker) => speaker.faults);
  say(
    `${IDLE} idle (${gone} lost their connection), ${SPEAKING} speaking: ${spoken} utterances, ${losses.length} lost, ${refused} refused at first; faults: ${[...new Set(faults)].join(', ') || 'none'}`,
  );
  say(
    `${delays.length} events: delivery median ${medianOf(delays).toFixed(0)} ms, p95 ${p95Of(delays).toFixed(0)} ms, longest ${Math.max(...delays).toFixed(0)} ms; gateway ${atFirstMiB.toFixed(0)} MiB at first, ${withIdleMiB.toFixed(0)} with the idle ones, ${mostMiB.toFixed(0)} at most`,
  );
  await report(context.root, [
    // One more than none is twice the limit.
    limitRow('crowd-lost', losses.length + gone + 1, 1),
    limitRow('crowd-delivery-p95', p95Of(delays), LIMITS.deliveryMs),
    limitRow('crowd-gateway-memory', mostMiB, LIMITS.gatewayMiB),
  ]);
} finally {
  for (const client of clients) client.close();
  await platform.stop();
}

async function joinIdle(url: string): Promise<VoiceClient[]> {
  const joined: VoiceClient[] = [];
  while (joined.length < IDLE) {
    const batch = Array.from({ length: OPENING }, async (_, nth) => {
      const client = await VoiceClient.connectAs(`idle-${joined.length + nth}`, url);
      await client.join(QUIET);
      return client;
    });
    joined.push(...(await Promise.all(batch)));
  }
  return joined;
}

/** From an event's time in its stream to its client. */
async function delaysOf(deliveries: readonly Delivery[]): Promise<number[]> {
  const connection = await NatsConnection.open({ natsUrl: platform.nats.url, name: 'bench' }, silentLogger);
  try {
    const delays: number[] = [];
    for (const { sequence, receivedAt } of deliveries) {
      const { time } = await connection.manager.streams.getMessage(STREAMS.events.name, { seq: sequence });
      delays.push(receivedAt - time.getTime());
    }
    return delays;
  } finally {
    await connection.close();
  }
}

function sumOf(speakers: readonly Speaker[], count: 'utterances' | 'refused'): number {
  return speakers.reduce((sum, speaker) => sum + speaker[count], 0);
}
