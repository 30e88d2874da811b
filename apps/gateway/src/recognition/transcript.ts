import type {
  RecognitionResult__Output,
  Segment__Output,
  SpeechMeasures__Output,
  SpeechScores__Output,
  Word__Output,
} from '@parlance/contracts';

/** A recording in words. */
export interface Transcript {
  readonly text: string;
  /** ISO 639-1. */
  readonly language: string;
  /** 0..1, where the language was detected. */
  readonly languageProbability?: number | undefined;
  readonly audioMs: number;
  readonly model: string;
  readonly segments: readonly Segment__Output[];
  readonly words: readonly Word__Output[];
  readonly measures: SpeechMeasures__Output | undefined;
  readonly scores: SpeechScores__Output | undefined;
}

/** Puts the events of one recording together. */
export class TranscriptBuilder {
  private readonly segments: Segment__Output[] = [];
  private readonly words: Word__Output[] = [];
  private language = '';
  private readonly parts: string[] = [];

  /** @returns what the transcript grew by, its leading space included where words need one */
  add(result: RecognitionResult__Output): string {
    if (!result.isFinal) return '';
    const spoken = result.segments.map((segment) => segment.text).join('') || result.text;
    this.segments.push(
      ...result.segments.map((segment, index) => ({ ...segment, index: this.segments.length + index })),
    );
    this.words.push(...result.words);
    this.language ||= result.language;
    const delta = this.parts.length === 0 ? spoken.trimStart() : spoken;
    if (delta !== '') this.parts.push(delta);
    return delta;
  }

  get text(): string {
    return this.parts.join('').trim();
  }

  build(
    model: string,
    summary: {
      audioMs: number;
      language: string;
      languageProbability?: number;
      measures?: SpeechMeasures__Output | null;
      scores?: SpeechScores__Output | null;
    },
  ): Transcript {
    return {
      text: this.text,
      language: summary.language || this.language,
      languageProbability: summary.languageProbability,
      audioMs: summary.audioMs,
      model,
      segments: this.segments,
      words: this.words,
      measures: summary.measures ?? undefined,
      scores: summary.scores ?? undefined,
    };
  }
}
