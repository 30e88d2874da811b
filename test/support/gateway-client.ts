import { readFileSync } from 'node:fs';
import type { Gateway } from './platform.js';
import { READ_SPEECH, speechFile } from './speech-samples.js';

/** What the gateway answered over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the answer is no fault. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export type Fields = readonly (readonly [name: string, value: string])[];

/** A tenant's requests with any fields there may be. */
export class GatewayClient {
  constructor(private readonly gateway: () => Gateway) {}

  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await this.gateway().fetch(path, init);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    const { error } = isJson ? (JSON.parse(text) as Pick<Answer, 'error'>) : { error: undefined };
    return { status: answer.status, headers: answer.headers, text, error };
  }

  /** @param file  a recording of speech by default */
  upload(
    path: string,
    fields: Fields,
    file: Buffer = readFileSync(speechFile(READ_SPEECH.letter)),
  ): Promise<Answer> {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    form.set(fileField(path), new Blob([new Uint8Array(file)]), 'recording');
    return this.send(path, { method: 'POST', body: form });
  }

  /** @param body  instead of a greeting by the default voice */
  speak(body: object): Promise<Answer> {
    return this.send('/v1/audio/speech', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tts-1', input: 'Good morning.', voice: 'alloy', ...body }),
    });
  }
}

/** Name of the file in the form of an upload route. */
export function fileField(path: string): string {
  if (path.endsWith('signs')) return 'image';
  return /turns|assessments/.test(path) ? 'audio' : 'file';
}

/** Multipart bodies of the boundary B with faults, some of them with several. */
export function malformedForms(field: string): string[] {
  const file = (name: string): string =>
    `--B\r\ncontent-disposition: form-data; name="${name}"; filename="a"\r\n\r\nx\r\n`;
  const badHeader = '--B\r\nA\u0001: b\r\n\r\nx\r\n';
  const nameless = '--B\r\ncontent-disposition: form-data\r\n\r\nx\r\n';
  return [
    `${badHeader}${badHeader}--B--\r\n`,
    `${file(field)}${badHeader}${badHeader}--B--\r\n`,
    `${badHeader}${nameless}--B--\r\n`,
    `${nameless}${file(field)}--B--\r\n`,
    `${file(field)}${file(field)}`,
    `${file(field)}${file('another')}`,
    file('another'),
    '--B',
  ];
}
