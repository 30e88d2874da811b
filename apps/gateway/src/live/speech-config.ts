import { ENDPOINTING, type StreamingConfig } from '@parlance/contracts';

/** What inference is asked for by an API that leaves no choice: 16 kHz mono, interims, words, and whether what has started
 *  is speech.
 *  @param language  Whisper's code; empty: detected
 *  @param model  as inference names it; empty: its default */
export function spokenConfig(language: string, model = ''): StreamingConfig {
  return {
    mode: 'STREAMING_MODE_LIVE',
    interimResults: true,
    endpointing: {
      maxUtteranceMs: ENDPOINTING.maxUtteranceMs.usual,
      threshold: ENDPOINTING.threshold.usual,
      confirmSpeech: true,
    },
    recognition: {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      model,
      language,
      task: 'TASK_TRANSCRIBE',
      wordTimestamps: true,
    },
  };
}

/** 16 kHz mono s16le. */
export const SPOKEN_FORMAT = { encoding: 'linear16', sample_rate: 16_000, channels: 1 } as const;
