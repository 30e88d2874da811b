/** Two tenants at once, one of whom asks for far more than there is; and recognition that comes back. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechAs } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const RECORDINGS = 4;
const LIVE_STREAMS = 4;
/** What the greedy tenant asks for at once, as a multiple of what there is. */
const EXCESS = 10;
/** The crowd, the gateway and recognition share the machine's processors here: on two, one waits five times as long beside the
 *  others, though none waits for their recordings, which would take forty times as long. */
const SLOWER = 8;
const NOISE_MS = 1_500;

jest.setTimeout(120_000);

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly code: string | undefined;
  readonly tookMs: number;
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({
    services: ['inference'],
    gateway: {
      PARLANCE_TENANT_CONCURRENCY: '200',
      PARLANCE_DECODERS: String(RECORDINGS),
      PARLANCE_DECODER_QUEUE: String(RECORDINGS),
    },
    inference: {
      PARLANCE_MAX_RECORDINGS: String(RECORDINGS),
      PARLANCE_MAX_LIVE_STREAMS: String(LIVE_STREAMS),
    },
  });
}, 120_000);
afterAll(() => platform?.stop());

let flac: Buffer;
async function transcribe(key: string): Promise<Answer> {
  flac ??= speechAs(READ_SPEECH.letter, '-f flac');
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(flac)]), 'letter.flac');
  const begun = performance.now();
  const response = await platform.gateway.fetch('/v1/audio/transcriptions', {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${key}` },
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    code: error?.code,
    tookMs: performance.now() - begun,
  };
}

/** One after the other. */
async function transcribeInTurn(key: string, count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let nth = 0; nth < count; nth += 1) answers.push(await transcribe(key));
  return answers;
}

const p95 = (answers: readonly Answer[]): number => {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN;
};
const statusesOf = (answers: readonly Answer[]): number[] => [
  ...new Set(answers.map(({ status }) => status)),
];

describe('a tenant that asks for ten times what there is', () => {
  it('is refused by 429 with a time to come back, and another is served without waiting for its recordings', async () => {
    const alone = await transcribeInTurn(OTHER_TENANTS_KEY, 5);
    expect(statusesOf(alone)).toEqual([200]);
    const over = new AbortController();
    const greedy: Answer[] = [];
    const crowd = Array.from({ length: RECORDINGS * EXCESS }, async () => {
      while (!over.signal.aborted) {
        const answer = await transcribe(API_KEY);
        greedy.push(answer);
        // A client that does not heed how long it should wait, but waits.
        if (answer.status !== 200) await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
    let beside: Answer[];
    try {
      await until(() => greedy.length > RECORDINGS * EXCESS, 60_000);
      beside = await transcribeInTurn(OTHER_TENANTS_KEY, 5);
    } finally {
      over.abort();
      await Promise.all(crowd);
    }
    expect(statusesOf(beside)).toEqual([200]);
    const refused = greedy.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(
      new Set(['429 inference.overloaded']),
    );
    expect(refused.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
    expect(p95(beside)).toBeLessThan(SLOWER * p95(alone) + NOISE_MS);
  });

  it('gets no more live streams than its share, each refusal by its code, and another gets one', async () => {
    const { url } = platform.gateway;
    const known = await ListenClient.openInBrowser(url, {}, OTHER_TENANTS_KEY);
    known.control('CloseStream');
    await known.closed;
    const greedy = await Promise.all(
      Array.from({ length: LIVE_STREAMS * EXCESS }, () => ListenClient.openInBrowser(url)),
    );
    const refused = greedy.filter((client) => client.socket.readyState !== client.socket.OPEN);
    await until(() => greedy.every((client) => client.events.length > 0));
    expect(greedy.filter((client) => client.of('Metadata').length > 0)).toHaveLength(LIVE_STREAMS - 1);
    for (const client of refused) expect((await client.closed).code).toBe(4429);
    const other = await ListenClient.openInBrowser(url, {}, OTHER_TENANTS_KEY);
    await other.next('Metadata');
    const [recording] = await transcribeInTurn(OTHER_TENANTS_KEY, 1);
    expect(recording?.status).toBe(200);
    for (const client of [...greedy, other]) client.socket.terminate();
  });
});

describe('recognition that was away', () => {
  it('is used within two seconds of its return', async () => {
    await platform.kill('inference');
    // Enough failures to open the breaker, no more at once than there are decoders.
    for (let round = 0; round < 6; round += 1) {
      const away = await Promise.all(Array.from({ length: RECORDINGS }, () => transcribe(API_KEY)));
      for (const answer of away)
        expect(answer).toMatchObject({ status: 503, code: 'recognition.unavailable' });
    }
    const asked = (async () => {
      for (;;) {
        const answer = await transcribe(API_KEY);
        if (answer.status === 200) return performance.now() - answer.tookMs;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    await platform.startService('inference');
    const back = performance.now();
    expect((await asked) - back).toBeLessThan(2_000);
  });
});
