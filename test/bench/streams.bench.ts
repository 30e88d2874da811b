import { mostHeld, stepLine, TABLE_HEAD } from '@parlance/cli/bench/capacity';
import { playListen } from '@parlance/cli/bench/listen-stream';
import { isHeld, type StreamOutcome } from '@parlance/cli/bench/live-figures';
import { playStreams, warmUpStream } from '@parlance/cli/bench/parallel-streams';
import type { Script } from '@parlance/cli/bench/script-player';
import { benchContext } from './bench-context.js';
import { BenchPlatform } from './bench-platform.js';
import { keepFinding, noteAbsences, report } from './bench-results.js';
import type { Absence } from './contest/contest.js';
import { ENDPOINTING_MS, FINAL_LIMIT_MS } from './live/live-limits.js';
import { liveSpeech } from './live/live-speech.js';
import { PEER_SERVERS, PeerServer } from './live/peer-server.js';
import { playPeer } from './live/peer-stream.js';
import { checkpointModels } from './peers/peer-models.js';
import { gainRow } from './ratios.js';

/** `npm run bench:streams`: how many live streams are held in real time, ours (the whole platform) against whisper-live and
 *  whisperlivekit on the same weights and the same cores, each set up in its best ways. Once: the search plays each count in real time. */
const SECONDS = 20;
const UTTERANCES = 60;
const MOST = 96;

const context = benchContext(1);
const { say } = context;
const models = await checkpointModels(context);
const speech = await liveSpeech(context.shared, UTTERANCES);
const absences: Absence[] = [];

const ours = await ourCapacity();
const peers = new Map<string, number>();
for (const kind of PEER_SERVERS) {
  try {
    peers.set(kind.name, await peerCapacity(kind));
  } catch (error) {
    absences.push({ peer: kind.name, reason: (error as Error).message });
  }
}
const [peer, best] = [...peers].sort(([, a], [, b]) => b - a)[0] ?? ['none', NaN];
await keepFinding(context.root, 'streams', { ours, peers: Object.fromEntries(peers) });
await noteAbsences(context.root, absences);
// A peer that holds not even one counts as one: a ratio to nothing says nothing.
await report(context.root, [gainRow('streams', peer, 3, [{ ours, peers: Math.max(1, best) }])]);

async function ourCapacity(): Promise<number> {
  const platform = await BenchPlatform.start(context, { PARLANCE_MAX_LIVE_STREAMS: String(MOST) });
  try {
    const target = { url: platform.url, apiKey: platform.key, endpointingMs: ENDPOINTING_MS };
    return await capacity('parlance', (script) => playListen(target, script), 8);
  } finally {
    await platform.stop();
  }
}

async function peerCapacity(kind: (typeof PEER_SERVERS)[number]): Promise<number> {
  const server = await PeerServer.start(context, kind, models);
  let stream = 0;
  try {
    return await capacity(
      kind.name,
      (script) => playPeer(kind.protocol(server.port, ++stream), script, speech.texts),
      2,
    );
  } finally {
    await server.stop();
  }
}

async function capacity(
  name: string,
  play: (script: Script) => Promise<StreamOutcome>,
  first: number,
): Promise<number> {
  say(`${name}, warming up`);
  await warmUpStream(play, speech.utterances);
  say(TABLE_HEAD);
  const most = await mostHeld(
    async (streams) => {
      const figures = await playStreams(play, speech.utterances, streams, SECONDS);
      const isGood = isHeld(figures, FINAL_LIMIT_MS);
      say(stepLine(figures, isGood));
      return isGood;
    },
    { first, most: MOST },
  );
  say(`${name} holds ${most}`);
  return most;
}
