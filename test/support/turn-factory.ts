import { ulid } from 'ulid';
import type { ReplySentence, TurnIdentity, TurnTranscribed } from '@parlance/contracts';

export function anIdentity(overrides: Partial<TurnIdentity> = {}): TurnIdentity {
  return { tenant: 'acme', session: ulid(), turn: ulid(), ...overrides };
}

/** A plausible transcribed turn: two seconds of clean speech. */
export function aTurn(overrides: Partial<TurnTranscribed> = {}): TurnTranscribed {
  const identity = overrides.identity ?? anIdentity();
  return {
    identity,
    sequence: 1,
    text: 'Yesterday I go to the market with my sister.',
    language: 'en',
    words: [{ text: 'Yesterday', startMs: 100, endMs: 600, confidence: 0.9 }],
    measures: {
      audioMs: 2_400,
      speechMs: 2_000,
      speechRatio: 0.83,
      speechLevelDbfs: -22,
      noiseLevelDbfs: -58,
      signalToNoiseDb: 36,
      peakDbfs: -6,
      clippingRatio: 0,
      pauses: [],
      longestPauseMs: 0,
      wordCount: 9,
      speechRateWpm: 140,
      articulationRateWpm: 150,
    },
    scores: { fluency: 80, pace: 90, pauses: 95, soundQuality: 88, overall: 86 },
    recording: { key: `recordings/${identity.turn}.flac`, contentType: 'audio/flac', bytes: 12_345 },
    speak: true,
    voice: '',
    speed: 1,
    occurredAt: new Date().toISOString(),
    ...overrides,
  };
}

export function aSentence(overrides: Partial<ReplySentence> = {}): ReplySentence {
  return {
    identity: anIdentity(),
    index: 0,
    text: 'Nice to hear from you.',
    speak: true,
    voice: '',
    language: 'en',
    speed: 1,
    ...overrides,
  };
}
