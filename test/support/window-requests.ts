import {
  type DecodingOptions,
  DEFAULT_DECODING,
  type WindowRequest,
  type WindowResult,
} from '@parlance/whisper';

type Asked = Partial<Omit<WindowRequest, 'samples' | 'decoding'>> & {
  readonly decoding?: Partial<DecodingOptions>;
};

/** A window as the recognisers ask a worker for it: the beginning of a recording, greedy, English. */
export function windowRequest(speech: Int16Array, seconds: number, asked: Asked = {}): WindowRequest {
  const frames = Math.min(Math.floor(speech.length / 160), seconds * 100, 3000);
  return {
    isStart: true,
    frames,
    seek: 0,
    prompt: [],
    prefix: [],
    language: 'en',
    task: 'transcribe',
    isInterim: false,
    lastSpeech: 0,
    encodeFrames: 3000,
    guardRepetition: false,
    ...asked,
    samples: speech.slice(0, (frames + 2) * 160),
    decoding: { ...DEFAULT_DECODING, temperatures: [0], ...asked.decoding },
  };
}

export function textOf({ segments }: Pick<WindowResult, 'segments'>): string {
  return segments
    .map((segment) => segment.text)
    .join('')
    .trim();
}
