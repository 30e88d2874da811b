import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { melGraph, readManifest, type Manifest } from '@parlance/model-compiler';
import { floats, GraphRunner } from '../support/graph-runner.js';
import { decodeGreedily } from '../support/greedy-decoder.js';
import { describeWithShared, sharedPath } from '../support/shared.js';

/** Made by openai-whisper: tools/dev/goldens/recordings.py. */
interface Golden {
  readonly mel: readonly {
    readonly audio: string;
    readonly bands: 80 | 128;
    readonly frames: number;
    readonly sum: number;
    readonly values: readonly (readonly [band: number, frame: number, value: number])[];
  }[];
  readonly utterances: readonly {
    readonly audio: string;
    readonly segments: readonly {
      readonly tokens: readonly number[];
      readonly avgLogprob: number;
      readonly noSpeechProb: number;
    }[];
  }[];
}

const WINDOW_SAMPLES = 480_000;
const WINDOW_FRAMES = 3000;
const HOP = 160;

/** As whisper.load_audio. */
function loadAudio(file: string): Float32Array {
  const pcm = execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-f', 's16le', '-ac', '1', '-ar', '16000', '-'],
    { maxBuffer: 2 ** 28 },
  );
  return Float32Array.from(
    new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2),
    (sample) => sample / 32768,
  );
}

describeWithShared('compiled whisper-tiny.en on real speech against openai-whisper', () => {
  let folder: string;
  let golden: Golden;
  let manifest: Manifest;
  let runner: GraphRunner;

  beforeAll(async () => {
    const compiled = join(process.cwd(), '.cache/models/whisper-tiny.en');
    execFileSync(process.execPath, [
      'libs/model-compiler/dist/main.js',
      sharedPath('models/openai-whisper-tiny.en'),
      compiled,
    ]);
    manifest = (await readManifest(compiled))!;
    golden = JSON.parse(await readFile('test/golden/whisper-tiny.en.json', 'utf8')) as Golden;
    runner = new GraphRunner(compiled);
    folder = await mkdtemp(join(tmpdir(), 'mel-'));
    await writeFile(join(folder, 'mel.onnx'), melGraph(new Map(), 128));
  }, 120_000);

  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true });
  });

  /** whisper.log_mel_spectrogram(audio, bands, padding=N_SAMPLES): the graph, then the clamp against the recording's maximum. */
  async function logMel(
    graphs: GraphRunner,
    audio: Float32Array,
    bands: number,
  ): Promise<{ frames: number; values: Float32Array }> {
    const frames = Math.floor((audio.length + WINDOW_SAMPLES) / HOP);
    const samples = new Float32Array(400 + HOP * (frames - 1));
    samples.set(audio, 200);
    for (let i = 0; i < 200; i++) samples[i] = audio[200 - i]!;
    const { log_mel: raw } = await graphs.run('mel', { samples: floats(samples, [1, samples.length]) });
    expect(raw!.dims).toEqual([1, bands, frames]);
    const values = raw!.data as Float32Array;
    const floor = values.reduce((max, value) => (value > max ? value : max)) - 8;
    return { frames, values: values.map((value) => ((value > floor ? value : floor) + 4) / 4) };
  }

  it('makes the log-mel spectrogram, with 80 and with 128 bands', async () => {
    const wide = new GraphRunner(folder);
    for (const { audio, bands, frames, sum, values } of golden.mel) {
      const mel = await logMel(bands === 80 ? runner : wide, loadAudio(sharedPath('data', audio)), bands);
      expect(mel.frames).toBe(frames);
      expect(mel.values.reduce((total, value) => total + value, 0) / sum).toBeCloseTo(1, 4);
      for (const [band, frame, value] of values)
        expect(Math.abs(mel.values[band * frames + frame]! - value)).toBeLessThan(1e-3);
    }
    await wide.close();
  }, 60_000);

  it('hears the same tokens at the same times in the recordings that fit one window', async () => {
    // Segments of one window have one mean.
    const whole = golden.utterances.filter(
      ({ segments }) => new Set(segments.map(({ avgLogprob }) => avgLogprob)).size === 1,
    );
    const chosen = whole.filter((_, i) => i % 40 === 0);
    expect(chosen.length).toBeGreaterThanOrEqual(4);
    for (const { audio, segments } of chosen) {
      const samples = loadAudio(sharedPath('data', audio));
      const { frames, values } = await logMel(runner, samples, 80);
      const window = new Float32Array(80 * WINDOW_FRAMES);
      const content = Math.min(WINDOW_FRAMES, Math.floor(samples.length / HOP));
      for (let band = 0; band < 80; band++)
        window.set(values.subarray(band * frames, band * frames + content), band * WINDOW_FRAMES);
      const cross = await runner.run('encoder.f32', { mel: floats(window, [1, 80, WINDOW_FRAMES]) });
      const result = await decodeGreedily(runner, manifest, cross, {
        precision: 'f32',
        prompt: [manifest.tokens.sot],
        sotIndex: 0,
        withTimestamps: true,
        steps: 224,
        stepsPerRun: 32,
        suppressed: manifest.suppressTokens,
      });
      // transcribe() keeps the window's tokens up to the last pair of timestamps; a lone one may follow.
      const kept = segments.flatMap(({ tokens }) => tokens);
      expect(result.tokens[0]!.slice(0, kept.length)).toEqual(kept);
      expect(
        result.tokens[0]!.slice(kept.length).every((token) => token >= manifest.tokens.timestampBegin),
      ).toBe(true);
      expect(result.sumLogprobs[0]! / (result.tokens[0]!.length + 1)).toBeCloseTo(segments[0]!.avgLogprob, 3);
      expect(result.noSpeechProbs[0]! / segments[0]!.noSpeechProb).toBeCloseTo(1, 2);
    }
  }, 120_000);
});
