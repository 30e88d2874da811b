import { PythonClient } from './python-client.js';

/** LiveKit's agents and its plugins have one version. */
export const LIVEKIT_VERSION = '1.8.9';

const ENVIRONMENT = {
  name: 'livekit',
  module: 'livekit.agents, livekit.plugins.openai, livekit.plugins.deepgram',
  packages: ['livekit-agents', 'livekit-plugins-openai', 'livekit-plugins-deepgram'].map(
    (name) => `${name}==${LIVEKIT_VERSION}`,
  ),
};

/** What scripts have in common: recordings are WAV files of one channel. */
const PRELUDE = `
import asyncio, json, os, sys, wave
from livekit import agents, rtc
from livekit.agents import APIConnectOptions, APIError, stt
from livekit.agents.utils import http_context
from livekit.agents.voice import io

def frames(path, ms=50):
    with wave.open(path) as file:
        rate = file.getframerate()
        while data := file.readframes(rate * ms // 1000):
            yield rtc.AudioFrame(data, rate, 1, len(data) // 2)

async def push(to, path, silent_ms=1500):
    for frame in [*frames(path), *[silence()] * (silent_ms // 50)]:
        to(frame)
        await asyncio.sleep(0.05)

def silence(rate=24000):
    return rtc.AudioFrame(bytes(rate // 10), rate, 1, rate // 20)

async def spoken(audio):
    seconds = 0.0
    async for part in audio:
        seconds += part.frame.duration
    return seconds

async def refusal(call):
    try:
        await call()
    except APIError as error:
        return getattr(error, 'status_code', None)

async def transcribed(recognizer, path, word):
    """What a stream tells of a recording that is spoken, up to the final that has a word."""
    stream = recognizer.stream()
    speaking = asyncio.create_task(push(stream.push_frame, path))
    kinds, text = [], ''
    async for event in stream:
        kinds.append(event.type.value)
        if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
            text += event.alternatives[0].text + ' '
        if word in text and 'end_of_speech' in kinds:
            break
    speaking.cancel()
    await stream.aclose()
    return { 'text': text, 'kinds': kinds }

class Recording(io.AudioInput):
    """A recording that is spoken, and silence behind it."""
    def __init__(self, path):
        super().__init__(label='recording')
        self.frames = frames(path)
    async def __anext__(self):
        await asyncio.sleep(0.05)
        return next(self.frames, silence())

class Speaker(io.AudioOutput):
    """Plays at once."""
    def __init__(self):
        super().__init__(label='speaker', capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24000)
        self.seconds = self.playing = 0.0
    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        self.seconds += frame.duration
        self.playing += frame.duration
    def flush(self):
        super().flush()
        self.stop(False)
    def clear_buffer(self):
        self.stop(True)
    def stop(self, interrupted):
        if self.playing > 0:
            self.on_playback_finished(playback_position=self.playing, interrupted=interrupted)
        self.playing = 0.0

def answer(work):
    async def run():
        async with http_context.open():
            return await work()
    print(json.dumps(asyncio.run(run())))
`;

/** An interpreter with LiveKit's agents, whose scripts are the body of an async function that returns what is to be JSON. */
export class LiveKitPython {
  private constructor(private readonly python: PythonClient) {}

  /** @param url  of the gateway */
  static async prepare(url: string, key: string): Promise<LiveKitPython> {
    return new LiveKitPython(
      await PythonClient.prepare(ENVIRONMENT, {
        OPENAI_BASE_URL: `${url}/v1`,
        OPENAI_API_KEY: key,
        PARLANCE_URL: url,
        DEEPGRAM_API_KEY: key,
      }),
    );
  }

  /** @param body  of a function that is awaited; it may use the names that the prelude has */
  run(body: string, ...args: string[]): Promise<unknown> {
    const lines = body.trim().split('\n');
    const script = `${PRELUDE}\nasync def work():\n${lines.map((line) => `    ${line}`).join('\n')}\nanswer(work)`;
    return this.python.run(script, ...args);
  }
}
