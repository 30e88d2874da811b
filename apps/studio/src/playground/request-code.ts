/** What a person has chosen in the form of the playground. */
export interface RequestOptions {
  readonly model: string;
  /** Empty: detected. */
  readonly language: string;
  readonly responseFormat: 'json' | 'text' | 'srt' | 'vtt' | 'verbose_json';
  readonly prompt: string;
  readonly temperature: string;
  /** Times of words; `verbose_json` alone has them. */
  readonly words: boolean;
}

/** What stands in the place of the key: it is never shown in code that is made to be passed on. */
const KEY_VARIABLE = 'PARLANCE_API_KEY';

/** The form's fields that differ from what the route does by itself. */
export function transcriptionFields(options: RequestOptions): readonly (readonly [string, string])[] {
  const { model, language, responseFormat, prompt, temperature, words } = options;
  const fields: readonly (readonly [string, string])[] = [
    ['model', model],
    ['language', language],
    ['response_format', responseFormat === 'json' ? '' : responseFormat],
    ['prompt', prompt],
    ['temperature', temperature],
    ['timestamp_granularities[]', words && responseFormat === 'verbose_json' ? 'word' : ''],
  ];
  return fields.filter(([, value]) => value !== '');
}

/** The request for a shell. Quoted so that no text of a prompt is a command. */
export function curlCode(origin: string, file: string, options: RequestOptions): string {
  const forms = [
    ...transcriptionFields(options).map(
      ([name, value]) => `--form-string ${shellQuoted(`${name}=${value}`)}`,
    ),
    `-F ${shellQuoted(`file=@"${file.replace(/["\\]/g, '\\$&')}"`)}`,
  ];
  return [
    `curl ${origin}/v1/audio/transcriptions`,
    `-H "Authorization: Bearer $${KEY_VARIABLE}"`,
    ...forms,
  ].join(' \\\n  ');
}

/** The request by OpenAI's package for Python. */
export function pythonCode(origin: string, file: string, options: RequestOptions): string {
  const lines = transcriptionFields(options).map(([name, value]) => {
    const isList = name.endsWith('[]');
    const text = name === 'temperature' ? value : jsonQuoted(value);
    return `        ${name.replace('[]', '')}=${isList ? `[${text}]` : text},`;
  });
  return [
    'import os',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${jsonQuoted(`${origin}/v1`)}, api_key=os.environ["${KEY_VARIABLE}"])`,
    `with open(${jsonQuoted(file)}, "rb") as file:`,
    '    answer = client.audio.transcriptions.create(',
    '        file=file,',
    ...lines,
    '    )',
    'print(answer)',
  ].join('\n');
}

/** The request by OpenAI's package for Node. */
export function nodeCode(origin: string, file: string, options: RequestOptions): string {
  const lines = transcriptionFields(options).map(([name, value]) => {
    const isList = name.endsWith('[]');
    const text = name === 'temperature' ? value : jsonQuoted(value);
    return `  ${name.replace('[]', '')}: ${isList ? `[${text}]` : text},`;
  });
  return [
    "import { createReadStream } from 'node:fs';",
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: ${jsonQuoted(`${origin}/v1`)}, apiKey: process.env.${KEY_VARIABLE} });`,
    'const answer = await client.audio.transcriptions.create({',
    `  file: createReadStream(${jsonQuoted(file)}),`,
    ...lines,
    '});',
    'console.log(answer);',
  ].join('\n');
}

/** Text in single quotes, as POSIX shells read it. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A string of JSON is one of Python and of JavaScript too. */
const jsonQuoted = (text: string): string => JSON.stringify(text);
