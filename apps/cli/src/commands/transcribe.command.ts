import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command, Option } from 'commander';
import { AppError } from '@parlance/errors';
import type { CliConfig } from '../cli.config.js';
import { FORMATS, TranscriptionClient, type Format } from '../client/transcription.client.js';
import { LocalTranscriber } from '../local/local-transcriber.js';
import { addDecodingFlags, decodingFields } from './decoding-flags.js';
import { sayFault, sayProgress, sayResult, StatusLine } from '../terminal.js';

interface TranscribeFlags {
  readonly format: Format;
  readonly language?: string;
  readonly languages?: string;
  readonly local?: boolean;
  readonly model?: string;
  readonly outputDir?: string;
  readonly task: 'transcribe' | 'translate';
}

const EXTENSIONS: Record<Format, string> = {
  text: '.txt',
  json: '.json',
  srt: '.srt',
  vtt: '.vtt',
  verbose_json: '.json',
};

export function transcribeCommand(config: CliConfig): Command {
  const command = new Command('transcribe')
    .description('Write down what recordings say')
    .argument('<files...>', 'recordings in any format ffmpeg reads; - for standard input')
    .addOption(new Option('-f, --format <format>', 'of the transcript').choices(FORMATS).default('text'))
    .option('-l, --language <code>', 'as en, pt-BR or spanish; left out: detected where the model can')
    .option('--languages <codes>', 'what the language is detected among, as in en,es')
    .option('--local', 'recognise in this process, with a model of this machine, without the platform')
    .option('-m, --model <name>', "the model; left out: the platform's default")
    .option(
      '-o, --output-dir <folder>',
      'write each transcript to a file there instead of to standard output',
    )
    .addOption(
      new Option('--task <task>', 'translate: into English (multilingual models)')
        .choices(['transcribe', 'translate'])
        .default('transcribe'),
    )
    .action(async (files: string[], flags: TranscribeFlags) => {
      const client = new TranscriptionClient(config.url, config.apiKey);
      const local = flags.local ? await LocalTranscriber.open(config, flags.model) : undefined;
      for (const file of files) {
        try {
          await transcribeOne(local ?? client, file, flags, files.length > 1);
        } catch (error) {
          // One bad recording does not keep the others from being heard.
          sayFault(error, file);
          process.exitCode = 1;
        }
      }
      await local?.close();
    });
  return addDecodingFlags(command);
}

async function transcribeOne(
  recogniser: TranscriptionClient | LocalTranscriber,
  file: string,
  flags: TranscribeFlags,
  isOneOfMany: boolean,
): Promise<void> {
  const status = new StatusLine();
  const begun = Date.now();
  let progress = '';
  const show = (): void =>
    status.show(
      `${file}  ${Math.round((Date.now() - begun) / 1000)} s  ${[...progress.slice(-120)].slice(-60).join('')}`,
    );
  const ticking = setInterval(show, 500);
  try {
    await refuseMissing(file);
    const request = {
      ...flags,
      isTranslated: flags.task === 'translate',
      options: decodingFields(flags),
      onText: (text: string) => {
        progress += text;
        show();
      },
    };
    const transcript =
      recogniser instanceof LocalTranscriber
        ? await recogniser.transcribe({ ...request, file })
        : await recogniser.transcribe({
            ...request,
            audio: file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 }),
            fileName: file === '-' ? 'audio' : basename(file),
          });
    status.clear();
    await deliver(transcript, file, flags, isOneOfMany);
  } finally {
    clearInterval(ticking);
    status.clear();
  }
}

async function refuseMissing(file: string): Promise<void> {
  if (file === '-') return;
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new AppError('request.not_found', 'There is no such file.');
}

async function deliver(
  transcript: string,
  file: string,
  flags: TranscribeFlags,
  isOneOfMany: boolean,
): Promise<void> {
  if (flags.outputDir === undefined) {
    if (isOneOfMany) sayProgress(`${file}:`);
    sayResult(transcript);
    return;
  }
  await mkdir(flags.outputDir, { recursive: true });
  const name = file === '-' ? 'stdin' : basename(file, extname(file));
  const target = join(flags.outputDir, name + EXTENSIONS[flags.format]);
  await writeFile(target, `${transcript}\n`);
  sayProgress(`${file} → ${target}`);
}
