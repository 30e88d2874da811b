import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchFromGateway } from '../client/gateway-request.js';
import { decodeRecording } from '../audio/recording.js';
import { trimmed, type SpokenUtterance } from './spoken-script.js';

/** Everyday sentences of two to six seconds. */
const SENTENCES = [
  'Good morning, I would like to change the date of my appointment.',
  'The train to the airport leaves from platform four in twenty minutes.',
  'Could you tell me whether the shop on the corner is open on Sundays?',
  'I have been learning English for three years, mostly in the evenings.',
  'Please send the report to everyone before the meeting on Thursday.',
  'It rained all week, so we stayed at home and read.',
  'My brother works at a hospital and my sister teaches music.',
  'We should leave early, because the road is always busy after five.',
];
const LIMIT_MS = 60_000;

/** Speech by the platform's own voices, for who has no recording at hand.
 *  @throws AppError as the gateway refused, or upstream.unavailable */
export async function builtInSpeech(url: string, apiKey: string | undefined): Promise<SpokenUtterance[]> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-bench-'));
  try {
    const utterances: SpokenUtterance[] = [];
    for (const sentence of SENTENCES) {
      const file = join(folder, 'sentence');
      await writeFile(file, await synthesised(url, apiKey, sentence));
      utterances.push({ pcm: trimmed(await decodeRecording(file)) });
    }
    return utterances;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function synthesised(url: string, apiKey: string | undefined, input: string): Promise<Buffer> {
  const response = await fetchFromGateway({ url, apiKey }, '/v1/audio/speech', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tts-1', voice: 'alloy', input, response_format: 'wav' }),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return Buffer.from(await response.arrayBuffer());
}
