import { randomUUID } from 'node:crypto';
import type { DeepgramMetadata, DeepgramWord } from '@parlance/contracts';
import { deepgramModel, deepgramWords, meanConfidence } from '../../recognition/deepgram-view.js';
import type { Transcript } from '../../recognition/transcript.js';
import type { RecordingAnswer } from './recording-answer.schema.js';
import { paragraphsOf, runsOf, textOfWords, timesOf } from './recording-paragraphs.js';
import type { RecordingQuery } from './recording-query.schema.js';

/** What is known of a request beside its transcript. */
export type RecordingRequestInfo = Pick<DeepgramMetadata, 'request_id' | 'sha256' | 'created'>;

/** A recording's transcript as a client of Deepgram is answered. */
export function recordingAnswer(
  transcript: Transcript,
  query: Pick<RecordingQuery, 'paragraphs' | 'utterances' | 'utt_split'>,
  request: RecordingRequestInfo,
): RecordingAnswer {
  const words = deepgramWords(transcript.words);
  const { model_uuid: id, model_info: info } = deepgramModel(transcript.model);
  const { language, languageProbability } = transcript;
  return {
    metadata: {
      transaction_key: 'deprecated',
      ...request,
      duration: transcript.audioMs / 1000,
      channels: 1,
      models: [id],
      model_info: { [id]: info },
    },
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
          ...(languageProbability === undefined
            ? {}
            : { detected_language: language, language_confidence: languageProbability }),
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
