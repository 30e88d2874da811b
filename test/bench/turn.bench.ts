import { execFileSync } from 'node:child_process';
import { trimmed } from '@parlance/cli/bench/spoken-script';
import { ConverseClient } from '../support/converse-client.js';
import { GroqServer } from '../support/groq.js';
import { API_KEY, Platform, type PlatformOptions } from '../support/platform.js';
import { PollyServer } from '../support/polly.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { ENDPOINTING_MS } from './live/live-limits.js';
import { liveSpeech } from './live/live-speech.js';
import { limitRow, medianOf, p95Of, type RatioRow } from './ratios.js';
import { InstantAnswers } from './turn/instant-answers.js';
import { firstTokenDelays, synthesisDelays } from './turn/provider-delays.js';
import { RealtimePlayer } from './turn/realtime-player.js';
import { TurnPlayer, type TimedTurn } from './turn/turn-player.js';

/** `npm run bench:turn` (PARLANCE_BENCH_TURNS, PARLANCE_BENCH_PARTS: gateway, coach, fakes, interruption, realtime): one person in conversation over gRPC, whisper-base recognises. From the end of speech to the first audio of
 *  the reply at the client: with a language model and a voice that are hosted elsewhere (fakes with their delays), with the built-in
 *  coach and Piper, and with answers that take no time, which leaves what the gateway and the bus take. Then the same person speaks into
 *  replies: from the begin of speech, the first sound within 20 dB of its loud parts, until the client is told to pause. The silence the client asked
 *  to be waited for is its own choice: it is taken off the figures of the first two; the figures with it are told beside. Then the same over
 *  `/v1/realtime` with the built-in coach: to the first audio, and into replies, until the client is told that speech has started. */
const TURNS = Number(process.env.PARLANCE_BENCH_TURNS || 24);
const LIMITS = {
  fakes: { median: 800, p95: 1_400 },
  coach: { median: 450, p95: 800 },
  gateway: { p95: 40 },
  interruption: { median: 150, p95: 150 },
  realtime: { median: 450, p95: 800 },
};
const RECOGNISER = 'whisper-base';
/** More than there are turns: a pause may make two of one utterance. */
const REPLIES = 5 * TURNS;
/** First calls load and connect. */
const WARM_UP = 2;

const context = benchContext(1);
const { say } = context;
const { utterances } = await liveSpeech(context.shared, TURNS + WARM_UP);

/** The same person says the same to each platform. */
function converse(platform: Platform): Promise<TimedTurn[]> {
  return inConversation(platform, async (player) => {
    const turns: TimedTurn[] = [];
    for (const { pcm } of utterances) turns.push(await player.play(pcm));
    return turns.slice(WARM_UP);
  });
}

async function inConversation<T>(platform: Platform, work: (player: TurnPlayer) => Promise<T>): Promise<T> {
  const client = new ConverseClient(platform.gateway.grpcAddress);
  try {
    const stream = client.open().configure({
      speech: {
        interimResults: true,
        endpointing: { silenceMs: ENDPOINTING_MS },
        recognition: { language: 'en' },
      },
    });
    await stream.next('started');
    const result = await work(new TurnPlayer(stream));
    stream.call.cancel();
    return result;
  } finally {
    client.close();
  }
}

async function onPlatform<T>(options: PlatformOptions, work: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await Platform.start({
    ...options,
    inference: { PARLANCE_DEFAULT_MODEL: RECOGNISER },
    gateway: { PARLANCE_DEFAULT_MODEL: RECOGNISER },
  });
  try {
    return await work(platform);
  } finally {
    await platform.stop();
  }
}

function rowsOf(
  name: string,
  turns: readonly TimedTurn[],
  limits: { median: number; p95: number },
): RatioRow[] {
  const final = turns.map(({ finalMs }) => finalMs);
  const sentence = turns.map(({ firstSentenceMs }) => firstSentenceMs);
  say(
    `${name}: on the way to the final: median ${medianOf(final).toFixed(0)} ms, to the first sentence: ${medianOf(sentence).toFixed(0)} ms`,
  );
  return firstAudioRows(
    name,
    turns.map(({ firstAudioMs }) => firstAudioMs),
    limits,
  );
}

function firstAudioRows(
  name: string,
  audio: readonly number[],
  limits: { median: number; p95: number },
): RatioRow[] {
  say(
    `${name}: ${audio.length} turns; from the end of speech, ${ENDPOINTING_MS} ms of silence asked for included, to the first audio: median ${medianOf(audio).toFixed(0)} ms, p95 ${p95Of(audio).toFixed(0)} ms`,
  );
  const beyond = (figure: number): number => Math.max(0, figure - ENDPOINTING_MS);
  return [
    limitRow(`turn-${name}-median`, beyond(medianOf(audio)), limits.median),
    limitRow(`turn-${name}-p95`, beyond(p95Of(audio)), limits.p95),
  ];
}

async function withFakes(): Promise<RatioRow[]> {
  const [groq, polly] = [await GroqServer.start(), await PollyServer.start()];
  groq.delayMs = firstTokenDelays();
  polly.delayMs = synthesisDelays();
  // No two replies are alike: speech that was made before comes from the store.
  for (let nth = 100; nth < 100 + REPLIES; nth += 1)
    groq.next.push({ reply: `That is thing number ${nth} that I know. What happened then?`, pauseMs: 15 });
  const environment = {
    GROQ_API_KEY: 'gsk_bench',
    PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
    PARLANCE_POLLY_ENDPOINT: polly.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: PollyServer.accessKeyId,
    AWS_SECRET_ACCESS_KEY: PollyServer.secretAccessKey,
  };
  try {
    const turns = await onPlatform({ environment }, converse);
    if (groq.requests.length < TURNS || polly.requests.length < TURNS)
      throw new Error('The fakes were not asked for every turn.');
    return rowsOf('fakes', turns, LIMITS.fakes);
  } finally {
    await groq.stop();
    await polly.stop();
  }
}

async function withCoach(): Promise<RatioRow[]> {
  return rowsOf('coach', await onPlatform({}, converse), LIMITS.coach);
}

function withInstantAnswers<T>(work: (platform: Platform) => Promise<T>): Promise<T> {
  return onPlatform({ services: ['inference'] }, async (platform) => {
    const answers = await InstantAnswers.start(platform.nats.url, 'parlance');
    try {
      return await work(platform);
    } finally {
      await answers.stop();
    }
  });
}

/** Speech in which a quiet breath is no begin. */
const AUDIBLE_RANGE_DB = 20;

async function interruptions(): Promise<RatioRow[]> {
  const spoken = utterances.map(({ pcm }) => trimmed(pcm, AUDIBLE_RANGE_DB));
  const timed = await withInstantAnswers((platform) =>
    inConversation(platform, (player) => player.interrupt(spoken)),
  );
  const paused = timed.map(({ pausedMs, interruptedMs }) => pausedMs ?? interruptedMs ?? Infinity);
  const ended = timed.map(({ interruptedMs }) => interruptedMs ?? Infinity);
  say(
    `interruption: ${timed.length} replies; begin of speech to the pause: median ${medianOf(paused).toFixed(0)} ms, p95 ${p95Of(paused).toFixed(0)} ms; to the end of the reply: median ${medianOf(ended).toFixed(0)} ms, p95 ${p95Of(ended).toFixed(0)} ms`,
  );
  return [
    limitRow('turn-interruption-median', medianOf(paused), LIMITS.interruption.median),
    limitRow('turn-interruption-p95', p95Of(paused), LIMITS.interruption.p95),
  ];
}

async function gatewayAlone(): Promise<RatioRow[]> {
  const turns = await withInstantAnswers(converse);
  const took = turns.map(({ answerMs }) => answerMs);
  const taken = turns.map(({ takenMs }) => takenMs);
  say(
    `gateway and bus: final to first audio: median ${medianOf(took).toFixed(0)} ms, p95 ${p95Of(took).toFixed(0)} ms; to the turn taken: median ${medianOf(taken).toFixed(0)} ms`,
  );
  return [limitRow('turn-gateway-p95', p95Of(took), LIMITS.gateway.p95)];
}

/** As the clients of `/v1/realtime` send it. */
function at24kHz(pcm: Buffer): Buffer {
  const args = '-v error -f s16le -ar 16000 -ac 1 -i - -f s16le -ar 24000 -ac 1 -'.split(' ');
  return execFileSync(context.settings.environment.PARLANCE_FFMPEG || 'ffmpeg', args, { input: pcm });
}

function overRealtime(): Promise<RatioRow[]> {
  return onPlatform({}, async ({ gateway }) => {
    const player = await RealtimePlayer.open(gateway.url, API_KEY);
    try {
      const firstAudio: number[] = [];
      for (const { pcm } of utterances) firstAudio.push(await player.play(at24kHz(pcm)));
      const started = await player.interrupt(
        utterances.map(({ pcm }) => at24kHz(trimmed(pcm, AUDIBLE_RANGE_DB))),
      );
      say(
        `realtime: ${started.length} replies; begin of speech to speech_started: median ${medianOf(started).toFixed(0)} ms, p95 ${p95Of(started).toFixed(0)} ms`,
      );
      return [
        ...firstAudioRows('realtime', firstAudio.slice(WARM_UP), LIMITS.realtime),
        limitRow('turn-realtime-interruption-median', medianOf(started), LIMITS.interruption.median),
        limitRow('turn-realtime-interruption-p95', p95Of(started), LIMITS.interruption.p95),
      ];
    } finally {
      player.close();
    }
  });
}

const PARTS = {
  gateway: gatewayAlone,
  coach: withCoach,
  fakes: withFakes,
  interruption: interruptions,
  realtime: overRealtime,
};
/** All of them by default. */
const wanted = process.env.PARLANCE_BENCH_PARTS?.split(',') ?? Object.keys(PARTS);
const rows: RatioRow[] = [];
for (const [name, measure] of Object.entries(PARTS))
  if (wanted.includes(name)) rows.push(...(await measure()));
await report(context.root, rows);
