import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { ListenEvent } from '@parlance/contracts';
import { AppError, isErrorCode } from '@parlance/errors';
import type { CliConfig } from '../cli.config.js';
import { ListenClient } from '../client/listen.client.js';
import { ConversationView } from '../talk/conversation-view.js';
import { pacedAudio } from '../audio/recording.js';
import { saveSpokenReply } from '../talk/spoken-reply.js';
import { sayResult } from '../terminal.js';

interface TalkFlags {
  readonly outputDir: string;
  readonly session?: string;
  readonly language?: string;
  readonly languages?: string;
  readonly voice?: string;
}

/** Longest wait for answers once all was said. */
const ANSWER_LIMIT_MS = 120_000;

export function talkCommand(config: CliConfig): Command {
  return new Command('talk')
    .description('Play a recording as if it were spoken now, and hear the answer')
    .argument('<file>', 'a recording in any format ffmpeg reads')
    .option('-o, --output-dir <folder>', 'where the spoken reply goes', '.')
    .option('-s, --session <id>', 'go on with an earlier session')
    .option('-l, --language <code>', 'as en, pt-BR or spanish; left out: detected where the model can')
    .option('--languages <codes>', 'what the language is detected among, as in en,es')
    .option('-v, --voice <name>', 'who speaks the reply')
    .action((file: string, flags: TalkFlags) => talk(config, file, flags));
}

async function talk(config: CliConfig, file: string, flags: TalkFlags): Promise<void> {
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new AppError('request.not_found', `${file}: there is no such file.`);
  const client = await ListenClient.connect(config.url, config.apiKey, {
    encoding: 'linear16',
    sample_rate: '16000',
    converse: 'true',
    ...(flags.session ? { session: flags.session } : {}),
    ...(flags.language ? { language: flags.language } : {}),
    ...(flags.languages ? { languages: flags.languages } : {}),
    ...(flags.voice ? { voice: flags.voice } : {}),
  });
  sayResult(`Playing ${file}`);
  const speaking = new AbortController();
  const spoken = speak(client, file, speaking.signal);
  // A fault of the stream is reported rather than the speaker's fault that follows from it.
  spoken.catch(() => client.close());
  let turns: Map<string, string>;
  try {
    turns = await follow(client);
  } finally {
    speaking.abort();
    await spoken;
    client.close();
  }
  if (turns.size === 0) throw new AppError('audio.empty', 'Nothing was understood in this recording.');
  for (const [position, url] of [...turns.values()].entries()) {
    const name = turns.size === 1 ? 'reply' : `reply-${position + 1}`;
    const saved = await saveSpokenReply(new URL(url, config.url).href, config.apiKey, flags.outputDir, name);
    sayResult(`Spoken reply: ${saved}`);
  }
}

async function speak(client: ListenClient, file: string, signal: AbortSignal): Promise<void> {
  for await (const frame of pacedAudio(file)) {
    if (signal.aborted) return;
    await client.sendAudio(frame);
  }
  client.finish();
  setTimeout(() => client.close(), ANSWER_LIMIT_MS).unref();
}

/** Shows what happens until the stream ends. @returns the turns taken, each with its address */
async function follow(client: ListenClient): Promise<Map<string, string>> {
  const view = new ConversationView();
  const turns = new Map<string, string>();
  for await (const event of client.events()) {
    for (const line of view.lines(event)) sayResult(line);
    if (event.type === 'TurnTaken') turns.set(event.turn, event.url);
    if (event.type === 'TurnFailed') throw failure(event);
  }
  return turns;
}

function failure({ error }: Extract<ListenEvent, { type: 'TurnFailed' }>): AppError {
  return new AppError(isErrorCode(error.code) ? error.code : 'internal.unexpected', error.message);
}
