import type { AssessmentJson } from '@parlance/contracts';
import type { Logger } from '@parlance/telemetry';
import { textOf, type Utterance } from '@parlance/whisper';
import type { UtteranceSpan } from '../streaming/results.js';
import type { StreamCall } from '../streaming/stream-call.js';
import { assessmentMessage } from './assessment-message.js';
import type { AskedQuestion } from './answered-question.js';
import { assessmentOf, type AssessedSpeech } from './assessment.js';
import { unknownReason, type UnknownCode } from './assessment-reasons.js';
import type { Assessor } from './assessor.service.js';

/** Utterances that may wait; one that comes while so many do is not scored. */
const MOST_WAITING = 3;
/** From an utterance's final on, milliseconds. */
const LIMIT_MS = 10_000;

/** The sound of an utterance, and what was asked before it ended. */
export interface UtteranceSound extends Pick<AssessedSpeech, 'samples' | 'probabilities'> {
  readonly question?: AskedQuestion | undefined;
}

/** Assesses the utterances of one live stream behind their finals, one after the other; the next final never waits for it. */
export class LiveAssessments {
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();

  /** What is being answered. */
  question: AskedQuestion | undefined;

  /** @param expectedText  of every utterance; empty: what is recognised is scored */
  constructor(
    private readonly assessor: Pick<Assessor, 'assess'>,
    private readonly expectedText: string,
    private readonly sink: Pick<StreamCall, 'send' | 'signal'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /** Takes an utterance; what goes wrong with it is a reason of its assessment. */
  push(
    { id, startMs }: UtteranceSpan,
    { question, ...sound }: UtteranceSound,
    { words, language }: Pick<Utterance, 'words' | 'language'>,
  ): void {
    const own = words.map(({ text, ...times }) => ({
      text: text.trim(),
      startMs: Math.max(0, times.startMs - startMs),
      endMs: Math.max(0, times.endMs - startMs),
    }));
    const recognised = { text: textOf(words), language, words: own };
    const answers = question?.answeredBy(startMs);
    const speech = { ...sound, recognised, expectedText: this.expectedText, answers };
    const deadline = Date.now() + LIMIT_MS;
    const isFull = this.waiting >= MOST_WAITING;
    this.waiting += 1;
    this.last = this.last
      .then(() => (isFull ? unscored(speech, 'scores.overloaded') : this.assess(speech, deadline)))
      .then((assessment) => this.tell(id, assessment))
      // The call has ended: nobody waits for it.
      .catch(() => undefined)
      .finally(() => (this.waiting -= 1));
  }

  /** Resolves when every assessment has been sent. Never rejects. */
  async flush(): Promise<void> {
    await this.last;
  }

  private async assess(speech: AssessedSpeech, deadline: number): Promise<AssessmentJson> {
    const { signal } = this.sink;
    try {
      return await this.assessor.assess(speech, { priority: 'partial', signal, deadline }, { isLive: true });
    } catch (error) {
      if (!signal.aborted) this.logger.warn({ err: error }, 'an utterance was not scored');
      return unscored(speech, 'scores.failed');
    }
  }

  private async tell(utteranceId: string, assessment: AssessmentJson): Promise<void> {
    await this.sink.send({ assessment: { utteranceId, assessment: assessmentMessage(assessment) } });
  }
}

function unscored(speech: AssessedSpeech, code: UnknownCode): AssessmentJson {
  return assessmentOf(speech, undefined, [unknownReason(code)]);
}
