import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fetchFromGateway, unexpectedStatus } from '../client/gateway-request.js';

const EXTENSIONS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/aac': 'aac',
};
const LIMIT_MS = 30_000;

/** Fetches a complete turn's whole spoken reply. @returns the file it lies in */
export async function saveSpokenReply(
  turnUrl: string,
  apiKey: string | undefined,
  folder: string,
  name: string,
): Promise<string> {
  const response = await fetchFromGateway({ url: turnUrl, apiKey }, '/audio', {
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!response.body) throw unexpectedStatus(response.status);
  const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.${EXTENSIONS[type] ?? 'audio'}`);
  await pipeline(response.body, createWriteStream(file));
  return file;
}
