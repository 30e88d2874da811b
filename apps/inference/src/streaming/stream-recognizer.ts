import { SPEECH_RATE_HZ } from '@parlance/audio';
import { withSpan } from '@parlance/telemetry';
import { msOf, samplesOf } from '@parlance/vad';
import {
  MAX_COMPRESSION_RATIO,
  type Utterance,
  type UtteranceOptions,
  type UtteranceRecognizer,
} from '@parlance/whisper';
import { noteFinding, timeRecognition } from '../inference-metrics.js';
import type { LanguageBelief } from './language-belief.js';
import type { ResultQueue } from './result-queue.js';
import type { RecognitionSettings } from './stream-config.js';
import type { UtteranceText } from './utterance-text.js';

/** Speech to text with the model and the settings of one stream; each recognition is a span and counts in the metrics. */
export class StreamRecognizer {
  private readonly settings: Omit<RecognitionSettings, 'prompt'>;
  private readonly promptTokens: Promise<readonly number[]>;

  constructor(
    private readonly recognizer: UtteranceRecognizer,
    private readonly model: string,
    { prompt, ...settings }: RecognitionSettings,
  ) {
    this.settings = settings;
    this.promptTokens = prompt ? recognizer.tokenize(model, prompt) : Promise.resolve([]);
    // The first recognition reports the fault.
    this.promptTokens.catch(() => undefined);
  }

  /**
   * Recognises samples of an utterance.
   * @param utterance  id, for the trace
   * @throws as `UtteranceRecognizer.recognizeUtterance`
   */
  recognize(utterance: string, samples: Float32Array, options: UtteranceOptions): Promise<Utterance> {
    const attributes = {
      'parlance.recognition.kind': options.kind,
      'parlance.audio.ms': Math.round((samples.length * 1000) / SPEECH_RATE_HZ),
    };
    const name = options.kind === 'final' ? 'speech.utterance' : 'speech.interim';
    return withSpan(name, { identity: { utterance }, attributes }, () =>
      timeRecognition(options.kind, samples.length / SPEECH_RATE_HZ, async () => {
        const promptTokens = await this.promptTokens;
        return this.recognizer.recognizeUtterance(this.model, samples, {
          ...this.settings,
          ...options,
          promptTokens,
        });
      }),
    );
  }
}

/** Longest speech after the last committed word in which a final may find no words. */
const MAX_WORDLESS_MS = 1000;

/** Recognises the window of one utterance after its committed words, in its language. */
export class WindowRecognizer {
  /** @param reader  reads the results of this utterance once those of the ones before it are delivered */
  constructor(
    private readonly utterance: string,
    private readonly recognizer: StreamRecognizer,
    private readonly text: UtteranceText,
    private readonly belief: LanguageBelief,
    private readonly reader: Pick<ResultQueue<unknown>, 'reading'>,
  ) {}

  /** @param samples  the window to its end @throws as `StreamRecognizer.recognize` */
  recognize(samples: Float32Array, kind: UtteranceOptions['kind'], signal: AbortSignal): Promise<Utterance> {
    const { prefix, hasCommitted, isTrimmed } = this.text;
    // Interims continue in the language of the committed words; the final detects it again, since it has all the audio.
    const isDecided = isTrimmed || (hasCommitted && kind === 'partial');
    const language = isDecided ? this.belief.found?.language : undefined;
    return this.inLanguage(samples, { kind, prefix, language, signal });
  }

  /**
   * Recognises the window as the utterance's last. A live window is short, without timestamps, and counts as silence what is
   * unsure, so that a final may come out empty or as a loop where a file has text: such a one is decoded once more, as a
   * recording.
   */
  async recognizeFinal(samples: Float32Array, signal: AbortSignal): Promise<Utterance> {
    const { windowFrom, committedTo, hasCommitted } = this.text;
    const final = await this.recognize(samples, 'final', signal);
    const rest = samples.subarray(committedTo - windowFrom);
    const isWordless =
      final.words.length === 0 && (!hasCommitted || rest.length > samplesOf(MAX_WORDLESS_MS));
    if (!isWordless && !isRepetitive(final)) return final;
    noteFinding('final', 'second_decode');
    // Words that continue committed ones are in their language.
    const language = hasCommitted ? final.language : undefined;
    const again = await this.inLanguage(rest, { kind: 'final', asRecording: true, language, signal });
    return again.words.length === 0 || isRepetitive(again)
      ? final
      : shifted(again, msOf(committedTo - windowFrom));
  }

  private async inLanguage(samples: Float32Array, options: UtteranceOptions): Promise<Utterance> {
    const { given } = this.belief;
    const language = given.language ?? options.language;
    if (language !== undefined)
      return this.recognizer.recognize(this.utterance, samples, { ...options, language });
    // What was spoken before counts, also where the audio comes faster than it is decoded.
    await this.reader.reading;
    const choice = this.belief.choice(secondsOf(samples));
    return this.recognizer.recognize(this.utterance, samples, {
      ...options,
      languages: given.languages,
      choice,
    });
  }
}

/** Whether a text repeats itself; one round of what is repeated remains. */
export function isRepetitive({ compressionRatio }: Utterance): boolean {
  return compressionRatio > MAX_COMPRESSION_RATIO;
}

/** Duration of samples. */
export function secondsOf(samples: Float32Array): number {
  return msOf(samples.length) / 1000;
}

function shifted(utterance: Utterance, ms: number): Utterance {
  const words = utterance.words.map((word) => ({
    ...word,
    startMs: word.startMs + ms,
    endMs: word.endMs + ms,
  }));
  return { ...utterance, words };
}
