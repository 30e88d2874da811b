import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

export const WYOMING_VERSION = '1.10.2';

const PRELUDE = `
import asyncio, json, sys, time, wave
from wyoming.asr import *
from wyoming.audio import *
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import *

port, args = int(sys.argv[1]), sys.argv[2:]

def connection():
    return AsyncTcpClient('127.0.0.1', port, read_timeout=60)

async def until(client, *types):
    """Events up to one of these types, or an error."""
    events = []
    while (event := await client.read_event()) is not None:
        events.append(event)
        if event.type in types or event.type == 'error':
            break
    return events

async def transcribe(client, file, pace=0, convert=(16000, 2, 1), **options):
    await client.write_event(Transcribe(**options).event())
    converter = AudioChunkConverter(*convert)
    await client.write_event(AudioStart(*convert).event())
    with wave.open(file) as wav:
        for chunk in wav_to_chunks(wav, 1024):
            await client.write_event(converter.convert(chunk).event())
            await asyncio.sleep(1024 / wav.getframerate() / pace if pace else 0)
    await client.write_event(AudioStop().event())

def text_of(events):
    return [Transcript.from_event(event).text for event in events if Transcript.is_type(event.type)]

def chunks_of(events):
    return [AudioChunk.from_event(event) for event in events if AudioChunk.is_type(event.type)]

def errors_of(events):
    return [Error.from_event(event).__dict__ for event in events if Error.is_type(event.type)]
`;

/** The block of that language in the page for people who use it. */
export function wyomingPage(language: 'sh' | 'py'): string {
  const page = readFileSync('docs/integrations/wyoming.md', 'utf8');
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)![1]!;
}

/** The Python package `wyoming`, which Home Assistant has, in a virtual environment of its own, made once. */
export class WyomingPython {
  private constructor(readonly interpreter: string) {}

  static async prepare(): Promise<WyomingPython> {
    return new WyomingPython(await pythonWith('wyoming', 'wyoming.asr', [`wyoming==${WYOMING_VERSION}`]));
  }

  /** Runs the body of an async function that has `connection()` and the helpers above; what it returns comes back. */
  async run(port: number, body: string, ...args: string[]): Promise<unknown> {
    const indented = body.replace(/^(?=.)/gm, '    ');
    const script = `${PRELUDE}\nasync def main():\n${indented}\nprint(json.dumps(asyncio.run(main())))\n`;
    return JSON.parse(await this.execute(['-c', script, String(port), ...args]));
  }

  /** @returns what a program prints */
  async execute(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout } = await promisify(execFile)(this.interpreter, [...args], {
      env: { ...process.env, ...environment },
    });
    return stdout;
  }
}
