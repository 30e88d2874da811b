/** Why there is no sound of a microphone. */
export type MicrophoneProblem = 'refused' | 'none' | 'busy' | 'insecure';

export class MicrophoneFault extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(`microphone: ${problem}`);
  }
}

/** 20 ms of 16-bit samples: whoever waits for more of them waits longer for the reply. */
export interface MicrophoneChunk {
  readonly buffer: ArrayBuffer;
  /** Root mean square, 0 to 1. */
  readonly level: number;
}

/** What recognition wants; browsers that can not give it have their own rate. */
const WANTED_RATE_HZ = 16_000;

/** An open microphone, whose sound comes in chunks until it is closed. */
export class Microphone {
  private constructor(
    private readonly stream: MediaStream,
    private readonly context: AudioContext,
  ) {}

  /** Of the samples. */
  get sampleRateHz(): number {
    return this.context.sampleRate;
  }

  /**
   * Asks for the microphone, and the person where the browser has not asked yet.
   * @param onChunk  is given each chunk
   * @param onGone  the device has gone, or the person has taken it back
   * @throws MicrophoneFault
   */
  static async open(onChunk: (chunk: MicrophoneChunk) => void, onGone: () => void): Promise<Microphone> {
    const devices = (navigator as Partial<Navigator>).mediaDevices;
    if (!devices) throw new MicrophoneFault('insecure');
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const stream = await devices.getUserMedia({ audio }).catch((error: unknown) => {
      throw new MicrophoneFault(problemOf(error));
    });
    for (const track of stream.getTracks()) track.addEventListener('ended', onGone);
    try {
      return new Microphone(stream, await connect(stream, onChunk));
    } catch {
      for (const track of stream.getTracks()) track.stop();
      throw new MicrophoneFault('busy');
    }
  }

  async close(): Promise<void> {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== 'closed') await this.context.close();
  }
}

async function connect(
  stream: MediaStream,
  onChunk: (chunk: MicrophoneChunk) => void,
): Promise<AudioContext> {
  const { context, source } = sourceOf(stream);
  await context.audioWorklet.addModule(new URL('./capture.worklet.js', import.meta.url).href);
  const capture = new AudioWorkletNode(context, 'capture', { channelCount: 1, channelCountMode: 'explicit' });
  capture.port.onmessage = ({ data }: MessageEvent<MicrophoneChunk>) => onChunk(data);
  source.connect(capture);
  // What leads nowhere may not be processed; nobody is to hear themselves.
  capture.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  await context.resume();
  return context;
}

/** Firefox does not connect a microphone to a context of another rate. */
function sourceOf(stream: MediaStream): { context: AudioContext; source: MediaStreamAudioSourceNode } {
  const context = new AudioContext({ sampleRate: WANTED_RATE_HZ });
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    void context.close();
    const own = new AudioContext();
    return { context: own, source: own.createMediaStreamSource(stream) };
  }
}

/** Why there is no device, by the names of `getUserMedia`’s exceptions (Media Capture and Streams, 10.3). */
export function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'none' : 'busy';
}

/** The sound of chunks that follow one another. */
export function joinedChunks(chunks: readonly ArrayBuffer[]): ArrayBuffer {
  const joined = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const chunk of chunks) {
    joined.set(new Uint8Array(chunk), end);
    end += chunk.byteLength;
  }
  return joined.buffer;
}
