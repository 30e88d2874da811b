import type { PeerProtocol } from './peer-stream.js';

interface Line {
  readonly text: string | null;
}

/** whisperlivekit's protocol with --pcm-input: 16-bit samples; the lines so far and the unsure text behind them. */
export function whisperLiveKit(port: number): PeerProtocol {
  return {
    address: `ws://127.0.0.1:${port}/asr`,
    greeting: undefined,
    isReady: ({ type }) => type === 'config',
    textOf: ({ lines, buffer_transcription: unsure }) =>
      Array.isArray(lines)
        ? [...(lines as Line[]).map(({ text }) => text ?? ''), typeof unsure === 'string' ? unsure : ''].join(
            ' ',
          )
        : undefined,
    frame: (pcm) => Buffer.from(pcm),
  };
}
