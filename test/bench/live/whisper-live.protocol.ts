import type { PeerProtocol } from './peer-stream.js';

interface LiveSegment {
  readonly text: string;
}

/** whisper-live's protocol: options first, float samples, the last segments again and again. */
export function whisperLive(port: number, stream: number): PeerProtocol {
  return {
    address: `ws://127.0.0.1:${port}`,
    greeting: {
      uid: `stream-${stream}`,
      language: 'en',
      task: 'transcribe',
      model: 'tiny.en',
      use_vad: true,
      // Its own client's, but for the segments: all of them, so that the whole text is on the screen.
      send_last_n_segments: 1_000,
      no_speech_thresh: 0.45,
      clip_audio: false,
      same_output_threshold: 10,
    },
    isReady: ({ message }) => message === 'SERVER_READY',
    textOf: ({ segments }) =>
      Array.isArray(segments) ? (segments as LiveSegment[]).map(({ text }) => text).join(' ') : undefined,
    frame: (pcm) => {
      const samples = new Float32Array(pcm.length / 2);
      for (let i = 0; i < samples.length; i++) samples[i] = pcm.readInt16LE(2 * i) / 32768;
      return Buffer.from(samples.buffer);
    },
  };
}
