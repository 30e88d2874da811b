import type { AssessmentJson } from '@parlance/contracts';
import type { ProgressWeek } from '@parlance/persistence';

/** What is drawn of an assessment. */
export const ASSESSMENT_PICTURES = ['rubric', 'phones', 'waveform', 'pitch'] as const;
export type AssessmentPicture = (typeof ASSESSMENT_PICTURES)[number];

export const PICTURE_FORMATS = ['svg', 'png'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

export const PICTURE_CONTENT_TYPES: Readonly<Record<PictureFormat, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
};

/** The lowest and the highest sample of each of equally long stretches, −1 to 1. */
export interface SoundEnvelope {
  readonly durationMs: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** All that a picture is drawn from. */
export type PictureData =
  | { readonly name: 'rubric' | 'phones' | 'pitch'; readonly assessment: AssessmentJson }
  | { readonly name: 'waveform'; readonly assessment: AssessmentJson; readonly envelope: SoundEnvelope }
  | { readonly name: 'trend'; readonly weeks: readonly ProgressWeek[] };
