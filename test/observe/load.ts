import { setTimeout as sleep } from 'node:timers/promises';
import { ListenClient } from '../support/listen-client.js';
import type { Platform } from '../support/platform.js';
import { drawnHand, noiseImage } from '../support/sign-images.js';
import { READ_SPEECH, speechAs, speechPcm } from '../support/speech-samples.js';
import { VoiceClient } from '../support/voice-client.js';

const SPOKEN = speechPcm(READ_SPEECH.letter);
/** 4.5 s. */
export const LONG_RECORDING = new Uint8Array(speechAs(READ_SPEECH.letter, '-f flac'));
const RECORDING = new Uint8Array(speechAs(READ_SPEECH.letter, '-t 1 -f flac'));

/** Recordings that are recognised, some at a time. */
export async function transcribe(
  { gateway }: Platform,
  count: number,
  atOnce = 8,
  { model, recording = RECORDING }: { model?: string; recording?: Uint8Array<ArrayBuffer> } = {},
): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const form = new FormData();
      form.set('file', new Blob([recording]), 'letter.flac');
      if (model !== undefined) form.set('model', model);
      const answer = await gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** A recording that is scored. */
export async function assess({ gateway }: Platform): Promise<void> {
  const form = new FormData();
  form.set('audio', new Blob([RECORDING]), 'letter.flac');
  const answer = await gateway.fetch('/api/v1/assessments', { method: 'POST', body: form });
  if (!answer.ok) throw new Error(`an assessment was answered with ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Images of signs: a letter is read, one shows no hand, one is no image. */
export async function sign({ gateway }: Platform): Promise<void> {
  for (const image of [await drawnHand(), await noiseImage(200), Buffer.from('no image')]) {
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(image)]), 'hand');
    const answer = await gateway.fetch('/api/v1/signs', { method: 'POST', body: form });
    await answer.arrayBuffer();
  }
}

/** Texts that are to be spoken. @returns the status of each answer */
export async function speak({ gateway }: Platform, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let spoken = 0; spoken < count; spoken += 1) {
    const body = JSON.stringify({ model: 'tts-1', voice: 'alloy', input: `Number ${spoken}.` });
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.fetch('/v1/audio/speech', { method: 'POST', headers, body });
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return statuses;
}

/** Texts that are replied to, by some people at once; each waits for the reply and ends the session, unless nobody is there
 *  to write one. */
export async function converse(
  { gateway }: Platform,
  { turns, people, waits = true }: { turns: number; people: number; waits?: boolean },
): Promise<void> {
  await Promise.all(
    Array.from({ length: people }, async (_, person) => {
      const client = await VoiceClient.connectAs(`person-${person}`, gateway.url);
      await client.join({ settings: { language: 'en' } });
      for (let turn = 0; turn < turns / people; turn += 1) {
        await client.ask('voice:text-message', { text: `I went to the market ${turn} times.` });
        for (let look = 0; waits && client.parts('speech').length <= turn && look < 300; look += 1)
          await sleep(50);
      }
      if (waits) await client.ask('voice:end');
      client.close();
    }),
  );
}

/** Short utterances, each ended by its speaker. */
export async function dictate({ gateway }: Platform, utterances: number, streams: number): Promise<void> {
  await Promise.all(
    Array.from({ length: streams }, async () => {
      const client = await ListenClient.open(gateway.url, { interim_results: 'false' });
      const finals = (): number => client.events.filter((event) => event.type === 'Results').length;
      for (let spoken = 0; spoken < utterances / streams; spoken += 1) {
        client.socket.send(SPOKEN.subarray(0, 32_000));
        client.control('Finalize');
        for (let look = 0; finals() <= spoken && look < 400; look += 1) await sleep(50);
      }
      client.control('CloseStream');
      await client.closed;
    }),
  );
}
