import type { ListenEvent } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { ListenClient } from '../client/listen.client.js';
import type { StreamOutcome } from './live-figures.js';
import { layOut, speak, type Script, type ScriptTurn } from './script-player.js';

type Results = Extract<ListenEvent, { type: 'Results' }>;

interface TimedResult {
  readonly event: Results;
  /** When it came, ms from the stream's first sample. */
  readonly atMs: number;
}

export interface ListenTarget {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Silence that ends an utterance, ms. */
  readonly endpointingMs: number;
}

/** Speaks one script to the gateway's `/v1/listen` in real time. @returns what its client saw; a refusal is no exception */
export async function playListen(target: ListenTarget, script: Script): Promise<StreamOutcome> {
  const { turns, pcm } = layOut(script);
  const received: TimedResult[] = [];
  const over = new AbortController();
  let [speaking, fault]: [Promise<void> | undefined, string | undefined] = [undefined, undefined];
  try {
    const client = await ListenClient.connect(target.url, target.apiKey, {
      encoding: 'linear16',
      sample_rate: '16000',
      language: 'en',
      interim_results: 'true',
      endpointing: String(target.endpointingMs),
    });
    const begun = performance.now();
    speaking = speak(pcm, (frame) => client.sendAudio(frame), over.signal).then(() => client.finish());
    for await (const event of client.events())
      if (event.type === 'Results') received.push({ event, atMs: performance.now() - begun });
  } catch (error) {
    fault = isAppError(error) ? error.code : 'internal.unexpected';
  } finally {
    over.abort();
    await speaking?.catch(() => undefined);
  }
  return fault === undefined ? outcomeOf(turns, received) : { ...outcomeOf([], received), fault };
}

/** Computes the outcome of the turns from the events. A pause inside an utterance may end one final and begin another; the last counts. */
export function outcomeOf(turns: readonly ScriptTurn[], received: readonly TimedResult[]): StreamOutcome {
  const finals = received.filter(({ event }) => event.is_final);
  const gaps: number[] = [];
  received.forEach(({ event, atMs }, i) => {
    const before = received[i - 1];
    if (before && !event.is_final && before.event.utterance_id === event.utterance_id)
      gaps.push(atMs - before.atMs);
  });
  const perTurn = turns.map((turn) => {
    const own = finals.filter(({ event }) => overlaps(event, turn));
    const last = own.reduce((latest, { atMs }) => Math.max(latest, atMs), -Infinity);
    return {
      final: own.length === 0 ? Infinity : Math.max(0, last - turn.endMs),
      firstWord: firstWordMs(own[0], received),
    };
  });
  return {
    finals: perTurn.map(({ final }) => final),
    firstWords: perTurn.flatMap(({ firstWord }) => (firstWord === undefined ? [] : [firstWord])),
    interimGaps: gaps,
    fault: undefined,
  };
}

function overlaps({ start, duration }: Results, { startMs, endMs }: ScriptTurn): boolean {
  return start * 1000 < endMs && (start + duration) * 1000 > startMs;
}

/** From the end of an utterance's first word, by its final's word times, to the first event that commits it; its closing
 *  punctuation may come later. */
function firstWordMs(final: TimedResult | undefined, received: readonly TimedResult[]): number | undefined {
  const word = final?.event.channel.alternatives[0]?.words[0];
  if (!final || !word) return undefined;
  const spelt = word.punctuated_word.replace(/[^\p{L}\p{N}]+$/u, '').length;
  const stable = received.find(
    ({ event }) =>
      event.utterance_id === final.event.utterance_id && (event.is_final || event.stable_length >= spelt),
  );
  return stable && Math.max(0, stable.atMs - word.end * 1000);
}
