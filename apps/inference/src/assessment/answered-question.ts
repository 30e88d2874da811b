import {
  LONGEST_QUESTION,
  LONGEST_RESPONSE_MS,
  type AssessRequest__Output,
  type StreamQuestion__Output,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { checkLength } from '../streaming/stream-config.js';
import type { AnsweredQuestion } from './assessment.js';

/** What a recording answers, checked. @throws AppError request.invalid */
export function readAnsweredQuestion({
  question,
  responseDelayMs,
  questionEndMs,
}: Pick<AssessRequest__Output, 'question' | 'responseDelayMs' | 'questionEndMs'>): AnsweredQuestion {
  checkLength('question', question, LONGEST_QUESTION);
  if (responseDelayMs !== undefined && questionEndMs !== undefined)
    throw new AppError('request.invalid', 'Give response_delay_ms or question_end_ms, not both.');
  checkDistance('response_delay_ms', responseDelayMs);
  checkDistance('question_end_ms', questionEndMs);
  if (responseDelayMs !== undefined) return { text: question, end: { responseDelayMs } };
  return { text: question, end: questionEndMs === undefined ? undefined : { questionEndMs } };
}

/** A question that utterances of a live stream answer. */
export class AskedQuestion {
  /** @param endMs  of the stream; only the first utterance that answers is timed from it */
  private constructor(
    private readonly text: string,
    private endMs: number | undefined,
  ) {}

  /** @param audioMs  of the stream so far
   *  @throws AppError request.invalid */
  static read({ text, endedAgoMs }: StreamQuestion__Output, audioMs: number): AskedQuestion {
    checkLength('question', text, LONGEST_QUESTION);
    checkDistance('ended_ago_ms', endedAgoMs);
    return new AskedQuestion(text, endedAgoMs === undefined ? undefined : audioMs - endedAgoMs);
  }

  /** @param startMs  of the utterance's audio, in the stream */
  answeredBy(startMs: number): AnsweredQuestion {
    const { text, endMs } = this;
    this.endMs = undefined;
    return { text, end: endMs === undefined ? undefined : { questionEndMs: endMs - startMs } };
  }
}

function checkDistance(name: string, ms: number | undefined): void {
  if (ms !== undefined && Math.abs(ms) > LONGEST_RESPONSE_MS)
    throw new AppError(
      'request.invalid',
      `The field ${name} must lie between -${LONGEST_RESPONSE_MS} and ${LONGEST_RESPONSE_MS}.`,
    );
}
