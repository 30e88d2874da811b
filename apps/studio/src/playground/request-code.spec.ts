import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { curlCode, nodeCode, pythonCode, transcriptionFields, type RequestOptions } from './request-code.js';

const PLAIN: RequestOptions = {
  model: 'whisper-1',
  language: '',
  responseFormat: 'json',
  prompt: '',
  temperature: '',
  words: false,
};
const NASTY = `it's "quoted" $(touch /tmp/x) \\ \`id\`\n;@file`;
const ORIGIN = 'https://speech.example';

/** The arguments that a shell gives to `curl`. */
function argumentsOf(code: string): string[] {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${code}`;
  const text = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PARLANCE_API_KEY: 'pk_1' } });
  return text.split('\0').slice(0, -1);
}

describe('the code of a request', () => {
  it('names what differs from what the route does by itself, and nothing else', () => {
    expect(transcriptionFields(PLAIN)).toEqual([['model', 'whisper-1']]);
    expect(transcriptionFields({ ...PLAIN, words: true })).toEqual([['model', 'whisper-1']]);
    expect(
      transcriptionFields({ ...PLAIN, language: 'de', responseFormat: 'verbose_json', words: true }),
    ).toEqual([
      ['model', 'whisper-1'],
      ['language', 'de'],
      ['response_format', 'verbose_json'],
      ['timestamp_granularities[]', 'word'],
    ]);
  });

  it('is for a shell, which gives curl each field as it was typed and runs none of it', () => {
    expect(argumentsOf(curlCode(ORIGIN, 'a "b".wav', { ...PLAIN, prompt: NASTY }))).toEqual([
      `${ORIGIN}/v1/audio/transcriptions`,
      '-H',
      'Authorization: Bearer pk_1',
      '--form-string',
      'model=whisper-1',
      '--form-string',
      `prompt=${NASTY}`,
      '-F',
      'file=@"a \\"b\\".wav"',
    ]);
  });

  it('is for Node and Python, with strings that both read as they were typed', () => {
    const options = { ...PLAIN, prompt: NASTY, temperature: '0.2' };
    for (const code of [nodeCode(ORIGIN, 'a.wav', options), pythonCode(ORIGIN, 'a.wav', options)]) {
      expect(code).toContain(JSON.stringify(NASTY));
      expect(code).toMatch(/temperature[:=] ?0\.2/);
      expect(code).toContain('PARLANCE_API_KEY');
    }
  });
});
