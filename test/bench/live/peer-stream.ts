import WebSocket from 'ws';
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamOutcome } from '@parlance/cli/bench/live-figures';
import { layOut, speak, type Script } from '@parlance/cli/bench/script-player';
import { committedAfterMs, type DisplayedText } from './committed-text.js';

/** How a peer's WebSocket speaks. */
export interface PeerProtocol {
  readonly address: string;
  /** Sent when the socket opens. */
  readonly greeting: object | undefined;
  /** Whether this message says that audio may come. */
  isReady(message: Record<string, unknown>): boolean;
  /** The whole text a client would show after this message; undefined where it says nothing of the text. */
  textOf(message: Record<string, unknown>): string | undefined;
  /** 16-bit samples in the form it takes. */
  frame(pcm: Buffer): Buffer;
}

const READY_LIMIT_MS = 60_000;
/** Texts that come while a lagging server works off what it was sent; the clock for its latency goes on. */
const LAST_WORDS_MS = 3_000;

/** Speaks one script to a peer in real time, and measures when its text was final on the screen. */
export async function playPeer(
  protocol: PeerProtocol,
  script: Script,
  texts: readonly string[],
): Promise<StreamOutcome> {
  const { turns, pcm } = layOut(script);
  const displayed: DisplayedText[] = [];
  let begun = Infinity;
  const socket = new WebSocket(protocol.address, { perMessageDeflate: false });
  let fault: string | undefined;
  socket.on('error', (error) => (fault ??= error.message));
  socket.on('close', () => (fault ??= 'closed'));
  const ready = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return;
      const message = JSON.parse(data.toString()) as Record<string, unknown>;
      if (protocol.isReady(message)) resolve();
      const text = protocol.textOf(message);
      if (text !== undefined) displayed.push({ text, atMs: performance.now() - begun });
    });
  });
  socket.once('open', () => protocol.greeting && socket.send(JSON.stringify(protocol.greeting)));
  const isReady = await Promise.race([
    ready.then(() => true),
    delay(READY_LIMIT_MS, false, { ref: false }),
    new Promise<boolean>((resolve) => socket.once('close', () => resolve(false))),
  ]);
  if (isReady) {
    begun = performance.now();
    const over = new AbortController();
    socket.once('close', () => over.abort());
    await speak(pcm, (frame) => void socket.send(protocol.frame(frame)), over.signal);
    await delay(LAST_WORDS_MS);
  }
  const end = isReady ? fault : (fault ?? 'refused');
  socket.removeAllListeners('close');
  socket.terminate();
  if (end !== undefined) return { finals: [], firstWords: [], interimGaps: [], fault: end };
  const said = turns.map(({ utterance, endMs }) => ({ text: texts[utterance] ?? '', endMs }));
  return {
    finals: committedAfterMs(said, displayed),
    firstWords: [],
    interimGaps: displayed.slice(1).map(({ atMs }, i) => atMs - (displayed[i]?.atMs ?? NaN)),
    fault: undefined,
  };
}
