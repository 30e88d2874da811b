import { AppError } from '@parlance/errors';
import type { ModelSource, ScanRequest, ScanResult } from '@parlance/onnx';
import { GenericModel, type Job, type OnnxSessionContext } from '@parlance/onnx/model';
import { Lexicon } from './lexicon.js';
import { whiteNoise } from './off-script.js';
import { ScoreModels } from './score-models.js';
import { WhisperReader, type EncodedSound } from './whisper-reader.js';

/** Silero VAD sees 64 samples before each frame of 512. */
const CONTEXT = 64;
const FRAME = 512;
const STATE = [2, 1, 128];

/** Everything that scoring needs, opened once in a worker. */
export class ScoringEngine {
  private encodedNoise: EncodedSound | undefined;

  private constructor(
    readonly whisper: WhisperReader,
    readonly models: ScoreModels,
    readonly lexicon: Lexicon,
    private readonly activity: GenericModel,
  ) {}

  /** @throws AppError model.invalid */
  static async open(source: ModelSource, settings: OnnxSessionContext): Promise<ScoringEngine> {
    const { whisper, voiceActivity } = source.parts ?? {};
    if (whisper === undefined || voiceActivity === undefined)
      throw new AppError('model.invalid', 'Scores need a compiled Whisper model and a voice activity model.');
    return new ScoringEngine(
      await WhisperReader.open(whisper, settings),
      await ScoreModels.open(source.location, settings),
      await Lexicon.open(),
      await GenericModel.open({ ...source, location: voiceActivity }, settings),
    );
  }

  /** @returns the probability of speech in every 32 ms, by Silero VAD */
  async speechProbabilities(job: Job, samples: Float32Array): Promise<Float32Array> {
    const data = new Float32Array(CONTEXT + samples.length);
    data.set(samples, CONTEXT);
    const request: ScanRequest = {
      frames: { input: 'input', data, width: CONTEXT + FRAME, hop: FRAME },
      state: { input: 'state', output: 'stateN', dims: STATE, data: new Float32Array(2 * 128) },
      constants: { sr: { type: 'int64', dims: [], data: BigInt64Array.of(16_000n) } },
      output: 'output',
    };
    return ((await this.activity.run('scan', request, job)) as ScanResult).values;
  }

  /** What the encoder makes of noise; computed by the first job that needs it. */
  async noise(job: Job): Promise<EncodedSound> {
    this.encodedNoise ??= await this.whisper.encode(job, whiteNoise(), this.models.description.loudestLogMel);
    return this.encodedNoise;
  }

  async close(): Promise<void> {
    for (const part of [this.whisper, this.models, this.activity]) await part.close();
  }
}
