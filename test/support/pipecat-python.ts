import { PythonClient } from './python-client.js';

export const PIPECAT_VERSION = '1.14.0';

const ENVIRONMENT = {
  name: 'pipecat',
  module: 'pipecat, deepgram, openai',
  packages: [`pipecat-ai[openai,deepgram]==${PIPECAT_VERSION}`],
};

/** What scripts have in common: recordings are WAV files of one channel at 16 kHz. */
const PRELUDE = `
import asyncio, json, os, sys, wave
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (EndFrame, ErrorFrame, Frame, InputAudioRawFrame, TranscriptionFrame,
    TTSAudioRawFrame, TTSSpeakFrame)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

RATE = 16000

def recording(path, ms=20):
    with wave.open(path) as file:
        while data := file.readframes(RATE * ms // 1000):
            yield InputAudioRawFrame(data, RATE, 1)

def silence(ms=20):
    return InputAudioRawFrame(bytes(RATE * ms // 500), RATE, 1)

class Passing(FrameProcessor):
    """Keeps what passes."""
    def __init__(self, seen):
        super().__init__()
        self.seen = seen
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.seen.append(frame)
        await self.push_frame(frame, direction)

def errors(seen):
    return [frame.error for frame in seen if isinstance(frame, ErrorFrame)]

def texts(seen):
    return ' '.join(dict.fromkeys(frame.text for frame in seen if isinstance(frame, TranscriptionFrame)))

def seconds(seen):
    frames = [frame for frame in seen if isinstance(frame, TTSAudioRawFrame)]
    return sum(len(frame.audio) / 2 / frame.sample_rate for frame in frames)

async def passed(build, frames, is_enough):
    """What passes a pipeline, up to what is enough. Frames of sound take as long as they last, and silence follows."""
    seen = []
    worker = PipelineWorker(build(Passing(seen), Passing(seen)), cancel_on_idle_timeout=False,
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=24000))
    started = asyncio.Event()
    @worker.event_handler('on_pipeline_started')
    async def on_started(worker, frame):
        started.set()
    async def feed():
        await started.wait()
        frame = True
        for _ in range(3000):
            frame = next(frames, None) or silence()
            await worker.queue_frame(frame)
            await asyncio.sleep(0.02)
            if errors(seen) or is_enough(seen):
                break
        await worker.queue_frame(EndFrame())
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), feed())
    return seen

async def transcribed(recognizer, path, word):
    build = lambda source, sink: Pipeline([source, VADProcessor(vad_analyzer=SileroVADAnalyzer()), recognizer(), sink])
    seen = await passed(build, recording(path), lambda seen: word in texts(seen))
    return { 'text': texts(seen), 'errors': errors(seen) }

async def spoken(voice, text, least):
    build = lambda source, sink: Pipeline([source, voice(), sink])
    seen = await passed(build, iter([TTSSpeakFrame(text)]), lambda seen: seconds(seen) > least)
    return { 'seconds': seconds(seen), 'errors': errors(seen) }

def answer(work):
    print(json.dumps(asyncio.run(work())))
`;

/** An interpreter with Pipecat, whose scripts are the body of an async function that returns what is to be JSON. */
export class PipecatPython {
  private constructor(private readonly python: PythonClient) {}

  /** @param url  of the gateway */
  static async prepare(url: string, key: string): Promise<PipecatPython> {
    return new PipecatPython(
      await PythonClient.prepare(ENVIRONMENT, { PARLANCE_URL: url, PARLANCE_API_KEY: key }),
    );
  }

  /** @param body  of a function that is awaited; it may use the names that the prelude has */
  run(body: string, ...args: string[]): Promise<unknown> {
    const lines = body.trim().split('\n');
    const script = `${PRELUDE}\nasync def work():\n${lines.map((line) => `    ${line}`).join('\n')}\nanswer(work)`;
    return this.python.run(script, ...args);
  }
}
