import { randomUUID } from 'node:crypto';
import type { DeepgramWord } from '@parlance/contracts';
import {
  deepgramMetadata,
  deepgramWords,
  detectedLanguage,
  meanConfidence,
  type DeepgramRequestInfo,
} from '../../recognition/deepgram-view.js';
import type { Transcript } from '../../recognition/transcript.js';
import type { RecordingAnswer } from './recording-answer.schema.js';
import { paragraphsOf, runsOf, textOfWords, timesOf } from './recording-paragraphs.js';
import type { RecordingQuery } from './recording-query.schema.js';

/** A recording's transcript as a client of Deepgram is answered. */
export function recordingAnswer(
  transcript: Transcript,
  query: Pick<RecordingQuery, 'paragraphs' | 'utterances' | 'utt_split'>,
  request: DeepgramRequestInfo,
): RecordingAnswer {
  const words = deepgramWords(transcript.words);
  return {
    metadata: deepgramMetadata(request, transcript.model, transcript.audioMs),
    results: {
      channels: [
        {
          alternatives: [
            {
              transcript: transcript.text,
              confidence: meanConfidence(words) ?? 0,
              words,
              ...(query.paragraphs ? { paragraphs: paragraphsOf(words) } : {}),
            },
          ],
          ...detectedLanguage(transcript),
        },
      ],
      ...(query.utterances ? { utterances: utterancesOf(words, query.utt_split) } : {}),
    },
  };
}

/** Parts the words where nothing is said for so many seconds. */
function utterancesOf(words: readonly DeepgramWord[], split: number) {
  return runsOf(words, (word, next) => next.start - word.end >= split).map((run) => ({
    ...timesOf(run),
    confidence: meanConfidence(run) ?? 0,
    channel: 0,
    transcript: textOfWords(run),
    words: run,
    id: randomUUID(),
  }));
}
