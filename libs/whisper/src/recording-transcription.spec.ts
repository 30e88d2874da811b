import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { InferenceRuntime } from '@parlance/onnx';
import { DEFAULT_DECODING } from './options.js';
import { RecordingTranscription, TextHistory } from './recording-transcription.js';
import { BatchedTranscription } from './recording-windows.js';
import { clipsOf, PcmRecording } from './recording.js';
import type { LoopOptions } from './window-jobs.js';
import type { WindowRequest, WindowResult } from './window.js';

const OPTIONS: LoopOptions = {
  model: 'any',
  language: 'en',
  task: 'transcribe',
  promptText: undefined,
  decoding: DEFAULT_DECODING,
  words: undefined,
  minTailFrames: 0,
  guardRepetition: false,
  priority: 'bulk',
  signal: new AbortController().signal,
  deadline: undefined,
};

/** A window of one segment, whose token is the second it begins at. */
function windowResult(request: WindowRequest, rest: Partial<WindowResult> = {}): WindowResult {
  const start = request.seek / 100;
  return {
    segments: [{ start, end: start + 1, text: ` ${start}`, tokens: [start], words: [] }],
    seek: request.seek,
    nextSeek: request.seek + request.frames,
    lastSpeech: start + 1,
    loudest: 1,
    language: 'en',
    temperature: 0,
    averageLogProbability: -0.1,
    noSpeechProbability: 0,
    compressionRatio: 1,
    isSilent: false,
    endsWithSingleTimestamp: true,
    ...rest,
  };
}

/** Workers that answer with hand-made windows, and note what they were asked. */
class FakeWorkers {
  readonly asked: WindowRequest[] = [];
  inFlight = 0;
  most = 0;

  constructor(
    private readonly answer: (request: WindowRequest) => WindowResult | Promise<WindowResult> = windowResult,
  ) {}

  get runtime(): InferenceRuntime {
    const run = async (_model: string, operation: string, payload: unknown): Promise<unknown> => {
      if (operation === 'tokenize') return (payload as { text: string }).text.split(' ').slice(1).map(Number);
      if (operation === 'language') return { language: 'fr', languageProbability: 0.75 };
      const request = payload as WindowRequest;
      this.asked.push(request);
      this.most = Math.max(this.most, ++this.inFlight);
      try {
        return await this.answer(request);
      } finally {
        this.inFlight--;
      }
    };
    return { run } as unknown as InferenceRuntime;
  }

  get spans(): number[][] {
    return this.asked.map(({ seek, frames }) => [seek, frames]);
  }
}

function recordingOf(seconds: number): PcmRecording {
  const recording = new PcmRecording(7200);
  recording.append(new Int16Array(seconds * 16_000));
  return recording;
}

async function walk(workers: FakeWorkers, seconds: number, rest: Partial<LoopOptions> = {}) {
  const loop = new RecordingTranscription(workers.runtime, recordingOf(seconds), { ...OPTIONS, ...rest });
  const results: WindowResult[] = [];
  for await (const result of loop.windows()) results.push(result);
  return results;
}

describe('the walk over a recording', () => {
  it('goes on where each window says', async () => {
    const workers = new FakeWorkers((request) => windowResult(request, { nextSeek: request.seek + 2500 }));
    await walk(workers, 70);
    expect(workers.spans).toEqual([
      [0, 3000],
      [2500, 3000],
      [5000, 2000],
    ]);
  });

  it('hears only the clips, each to its end', async () => {
    const workers = new FakeWorkers();
    await walk(workers, 70, { clips: () => clipsOf([5, 45, 50, 51, 60], 7000) });
    expect(workers.spans).toEqual([
      [500, 3000],
      [3500, 1000],
      [5000, 100],
      [6000, 1000],
    ]);
  });

  it('gives each window the text before it, behind the initial prompt', async () => {
    const workers = new FakeWorkers();
    await walk(workers, 90, { promptText: '7 8' });
    expect(workers.asked.map(({ prompt }) => prompt)).toEqual([
      [7, 8],
      [7, 8, 0],
      [7, 8, 0, 30],
    ]);
  });

  it('gives no text before where that is not wanted, and a prefix to the first window alone', async () => {
    const workers = new FakeWorkers();
    await walk(workers, 70, { conditionOnPreviousText: false, prefixText: '5' });
    expect(workers.asked.map(({ prompt, prefix }) => [prompt, prefix])).toEqual([
      [[], [5]],
      [[], []],
      [[], []],
    ]);
  });

  it('carries nothing on from a silent window', async () => {
    const workers = new FakeWorkers((request) =>
      windowResult(request, request.seek === 0 ? { isSilent: true, segments: [], temperature: 1 } : {}),
    );
    await walk(workers, 90, { promptText: '7' });
    expect(workers.asked.map(({ prompt }) => prompt)).toEqual([[7], [7], [7, 30]]);
  });

  it('never decodes a window twice, wherever its words end', async () => {
    const workers = new FakeWorkers((request) => windowResult(request, { nextSeek: request.seek }));
    await walk(workers, 60);
    expect(workers.spans).toEqual([
      [0, 3000],
      [3000, 3000],
    ]);
  });

  it('keeps the language the first window was heard in', async () => {
    const workers = new FakeWorkers((request) =>
      windowResult(request, { language: request.language ?? 'de' }),
    );
    const results = await walk(workers, 60, { language: undefined });
    expect(workers.asked.map(({ language }) => language)).toEqual([undefined, 'de']);
    expect(results.at(-1)?.language).toBe('de');
  });

  it("detects the language at the recording's start, though a clip begins later", async () => {
    const workers = new FakeWorkers();
    await walk(workers, 60, { language: undefined, clips: () => clipsOf([40], 6000) });
    expect(workers.asked.map(({ language }) => language)).toEqual(['fr']);
  });
});

describe('chunks side by side', () => {
  async function* chunks(...clips: readonly (readonly [number, number])[]) {
    for (const [from, to] of clips) yield { from, to };
  }
  const spread = Array.from({ length: 9 }, (_, i) => [i * 1000, i * 1000 + 900] as const);

  async function decode(workers: FakeWorkers, batchSize: number, rest: Partial<LoopOptions> = {}) {
    const batch = new BatchedTranscription(
      workers.runtime,
      recordingOf(100),
      { ...OPTIONS, ...rest },
      batchSize,
    );
    const results: WindowResult[] = [];
    for await (const result of batch.windows(chunks(...spread))) results.push(result);
    return results;
  }

  it('are decoded as many at once as asked for, and come in order', async () => {
    const workers = new FakeWorkers(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 10 - request.seek / 1000));
      return windowResult(request);
    });
    const results = await decode(workers, 4);
    expect(results.map(({ seek }) => seek)).toEqual(spread.map(([from]) => from));
    expect(workers.most).toBe(4);
  });

  it('do not see the text before them, only the initial prompt', async () => {
    const workers = new FakeWorkers();
    await decode(workers, 3, { promptText: '7' });
    expect(workers.asked.map(({ prompt }) => prompt)).toEqual(spread.map(() => [7]));
  });

  it('are decoded to their end', async () => {
    const workers = new FakeWorkers((request) => windowResult(request, { nextSeek: request.seek + 600 }));
    await decode(workers, 2);
    expect(workers.spans.slice(0, 3)).toEqual(
      expect.arrayContaining([
        [0, 900],
        [600, 300],
      ]),
    );
    expect(workers.asked).toHaveLength(2 * spread.length);
  });

  it('are all written in the language of the first', async () => {
    const workers = new FakeWorkers((request) =>
      windowResult(request, { language: request.language ?? 'de' }),
    );
    await decode(workers, 4, { language: undefined });
    expect(workers.asked.map(({ language }) => language ?? '')).toEqual(['', ...Array<string>(8).fill('de')]);
  });

  it('wait where the queue is full', async () => {
    let refusals = 2;
    const workers = new FakeWorkers((request) => {
      if (refusals-- > 0) throw new AppError('inference.overloaded', 'Too many wait.');
      return windowResult(request);
    });
    expect(await decode(workers, 4)).toHaveLength(spread.length);
  });

  it('end with the fault of the one that failed', async () => {
    const workers = new FakeWorkers((request) => {
      if (request.seek === 3000) throw new Error('lost');
      return windowResult(request);
    });
    await expect(decode(workers, 4)).rejects.toThrow('lost');
  });
});

const count = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
const KEPT = { conditionOnPreviousText: true, carryInitialPrompt: false };

describe('the text before a window', () => {
  it('is the initial prompt first, then the newest 223 tokens', () => {
    const history = new TextHistory([1, 2], KEPT);
    expect(history.prompt()).toEqual([1, 2]);
    history.add(count(100, 300), 0);
    expect(history.prompt()).toEqual(count(177, 223));
  });

  it('begins anew behind a text that was sampled above 0.5', () => {
    const history = new TextHistory([], KEPT);
    history.add([1], 0.4);
    history.add([2], 0.6);
    expect(history.prompt()).toEqual([]);
    history.add([3], 0);
    expect(history.prompt()).toEqual([3]);
  });

  it('is nothing but the initial prompt of the first window where text is not carried on', () => {
    const history = new TextHistory([1], { ...KEPT, conditionOnPreviousText: false });
    expect(history.prompt()).toEqual([1]);
    history.add([5], 0);
    expect(history.prompt()).toEqual([]);
  });

  // By hand from openai-whisper 20250625, transcribe.py: initial + all[max(len(initial), reset):][-(223 - len(initial)):]
  it.each([
    [3, 10, [...count(0, 3), ...count(1000, 10)]],
    [3, 300, [...count(0, 3), ...count(1080, 220)]],
    [223, 5, [...count(5, 218), ...count(1000, 5)]],
    [230, 20, [...count(20, 210), ...count(1007, 13)]],
  ])('carries an initial prompt of %i tokens before %i of text', (initial, text, expected) => {
    const history = new TextHistory(count(0, initial), { ...KEPT, carryInitialPrompt: true });
    history.add(count(1000, text), 0);
    expect(history.prompt()).toEqual(expected);
  });

  it('carries the initial prompt where text is not carried on', () => {
    const history = new TextHistory([1], { conditionOnPreviousText: false, carryInitialPrompt: true });
    history.add([5], 0);
    expect(history.prompt()).toEqual([1]);
  });
});
