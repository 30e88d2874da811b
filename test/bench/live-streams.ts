import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ListenClient } from '@parlance/cli/client/listen.client';

const FRAME_MS = 100;
const BYTES_PER_MS = 32;

/** What the clients of some live streams saw. */
export interface LiveOutcome {
  readonly finals: number;
  readonly interims: number;
}

/** Plays `streams` stretches of a 16 kHz mono WAV at once, each as a person would speak it, for `seconds`. */
export async function playLive(
  url: string,
  key: string,
  wav: string,
  streams: number,
  seconds: number,
): Promise<LiveOutcome> {
  const pcm = readFileSync(wav).subarray(44);
  const stretch = seconds * 1000 * BYTES_PER_MS;
  const outcomes = await Promise.all(
    Array.from({ length: streams }, (_, i) =>
      playOne(
        url,
        key,
        pcm.subarray((i * stretch) % (pcm.length - stretch), pcm.length).subarray(0, stretch),
      ),
    ),
  );
  return {
    finals: outcomes.reduce((sum, { finals }) => sum + finals, 0),
    interims: outcomes.reduce((sum, { interims }) => sum + interims, 0),
  };
}

async function playOne(url: string, key: string, pcm: Buffer): Promise<LiveOutcome> {
  const client = await ListenClient.connect(url, key, { encoding: 'linear16', sample_rate: '16000' });
  const speaking = speak(client, pcm);
  let [finals, interims] = [0, 0];
  for await (const event of client.events()) {
    if (event.type !== 'Results') continue;
    if (event.is_final) finals += 1;
    else interims += 1;
  }
  await speaking;
  return { finals, interims };
}

async function speak(client: ListenClient, pcm: Buffer): Promise<void> {
  const begun = performance.now();
  const size = FRAME_MS * BYTES_PER_MS;
  for (let offset = 0, frame = 1; offset < pcm.length; offset += size, frame++) {
    await delay(Math.max(0, frame * FRAME_MS - (performance.now() - begun)));
    await client.sendAudio(pcm.subarray(offset, offset + size));
  }
  client.finish();
}

/** Opens streams that stay silent. @returns how to end them */
export async function openIdle(url: string, key: string, streams: number): Promise<() => void> {
  const clients: ListenClient[] = [];
  for (let i = 0; i < streams; i++)
    clients.push(await ListenClient.connect(url, key, { encoding: 'linear16', sample_rate: '16000' }));
  return () => clients.forEach((client) => client.close());
}
