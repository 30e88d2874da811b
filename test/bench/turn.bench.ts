import { ConverseClient } from '../support/converse-client.js';
import { GroqServer } from '../support/groq.js';
import { Platform, type PlatformOptions } from '../support/platform.js';
import { PollyServer } from '../support/polly.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { ENDPOINTING_MS } from './live/live-limits.js';
import { liveSpeech } from './live/live-speech.js';
import { limitRow, medianOf, p95Of, type RatioRow } from './ratios.js';
import { InstantAnswers } from './turn/instant-answers.js';
import { firstTokenDelays, synthesisDelays } from './turn/provider-delays.js';
import { TurnPlayer, type TimedTurn } from './turn/turn-player.js';

/** `npm run bench:turn`: one person in conversation over gRPC, whisper-base recognises. From the end of speech to the first audio of
 *  the reply at the client: with a language model and a voice that are hosted elsewhere (fakes with their delays), with the built-in
 *  coach and Piper, and with answers that take no time, which leaves what the gateway and the bus take. The silence the client asked
 *  to be waited for is its own choice: it is taken off the figures of the first two; the figures with it are told beside. */
const TURNS = Number(process.env.PARLANCE_BENCH_TURNS || 24);
const LIMITS = {
  fakes: { median: 800, p95: 1_400 },
  coach: { median: 450, p95: 800 },
  gateway: { p95: 40 },
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
async function converse(platform: Platform): Promise<TimedTurn[]> {
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
    const player = new TurnPlayer(stream);
    const turns: TimedTurn[] = [];
    for (const { pcm } of utterances) turns.push(await player.play(pcm));
    stream.call.cancel();
    return turns.slice(WARM_UP);
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
  const audio = turns.map(({ firstAudioMs }) => firstAudioMs);
  const final = turns.map(({ finalMs }) => finalMs);
  say(
    `${name}: ${turns.length} turns; end of speech to first audio, ${ENDPOINTING_MS} ms of silence asked for included: median ${medianOf(audio).toFixed(0)} ms, p95 ${p95Of(audio).toFixed(0)} ms; to the final: median ${medianOf(final).toFixed(0)} ms`,
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

async function gatewayAlone(): Promise<RatioRow[]> {
  const turns = await onPlatform({ services: ['inference'] }, async (platform) => {
    const answers = await InstantAnswers.start(platform.nats.url, 'parlance');
    try {
      return await converse(platform);
    } finally {
      await answers.stop();
    }
  });
  const took = turns.map(({ answerMs }) => answerMs);
  say(
    `gateway and bus: final to first audio: median ${medianOf(took).toFixed(0)} ms, p95 ${p95Of(took).toFixed(0)} ms`,
  );
  return [limitRow('turn-gateway-p95', p95Of(took), LIMITS.gateway.p95)];
}

await report(context.root, [...(await gatewayAlone()), ...(await withCoach()), ...(await withFakes())]);
