import type { SpokenUtterance } from '@parlance/cli/bench/spoken-script';

export const SAMPLES_PER_MS = 16;

/** One utterance as samples in −1…1, with silence behind it. */
export function withPause({ pcm }: SpokenUtterance, pauseMs: number): Float32Array {
  const samples = new Float32Array(pcm.length / 2 + pauseMs * SAMPLES_PER_MS);
  for (let i = 0; i < pcm.length / 2; i++) samples[i] = pcm.readInt16LE(2 * i) / 32768;
  return samples;
}

/** Utterances one after the other, each with silence behind it, as one stream. */
export function streamOf(utterances: readonly SpokenUtterance[], pauseMs: number): Float32Array {
  const parts = utterances.map((utterance) => withPause(utterance, pauseMs));
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}
