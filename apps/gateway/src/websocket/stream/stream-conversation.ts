import type { RecognitionResult__Output, StreamEvent, StreamReport } from '@parlance/contracts';
import type { ConversationEvent, LiveConversation } from '../../live/live-conversation.js';
import type { RecognitionEvent } from '../../recognition/live-stream.js';
import { plainSpeech, SocketConversation, type SocketClient } from '../socket-conversation.js';
import { StreamText } from './stream-text.js';
import { TranscriptPace, type PacedTranscript } from './transcript-pace.js';

/** How long the end waits for the utterances to be checked. */
const REPORT_LIMIT_MS = 15_000;

/** What is said over one stream: transcripts while it is said, and a report at its end. Each final is stored as a turn and checked
 *  while the next one is spoken. */
export class StreamConversation extends SocketConversation {
  private readonly text = new StreamText();
  private readonly pace: TranscriptPace;

  /** @param ended  records that the client has ended the stream */
  constructor(
    session: string,
    conversation: LiveConversation,
    client: SocketClient,
    ended: () => Promise<void>,
  ) {
    super(session, conversation, client, { speech: () => plainSpeech(''), ended });
    this.pace = new TranscriptPace((transcript) => client.send(transcript));
  }

  /** Ends it: what was said is recognised to its end. The report says of how much of it the errors were not looked for in time. */
  async end(): Promise<StreamReport> {
    await this.finish({ answerMs: 0, feedbackMs: REPORT_LIMIT_MS });
    return this.text.report(this.session, this.durationMs, (turn) => this.feedback.reportOf(turn));
  }

  protected async tell(event: ConversationEvent): Promise<void> {
    switch (event.kind) {
      case 'speech':
        return this.tellSpeech(event.event);
      case 'taken':
        this.text.stored(event.taken.utteranceId, event.taken.identity.turn);
        return this.feedback.expect(event.taken.identity.turn);
      case 'event': {
        const { name, data } = event.arrived.event;
        if (name === 'turn.feedback') this.feedback.add(data.identity.turn, data.report);
        if (name === 'turn.failed') this.feedback.miss(data.identity.turn);
        return;
      }
      case 'fault':
        return this.client.report(event.error);
      case 'speech-ended':
        return this.pace.stop();
      case 'utterance':
      case 'paused':
      case 'resumed':
      case 'interrupted':
      case 'assessed':
        return;
    }
  }

  protected async allTold(): Promise<void> {
    this.pace.stop();
  }

  private async tellSpeech({ result, endpoint }: RecognitionEvent): Promise<void> {
    if (endpoint?.kind === 'ENDPOINT_KIND_SPEECH_STARTED')
      this.pace.begin(endpoint.utteranceId, endpoint.atMs);
    if (endpoint?.kind === 'ENDPOINT_KIND_UTTERANCE_END') this.pace.stop();
    if (!result) return;
    if (result.isFinal) this.text.add(result);
    const transcript = transcriptOf(result);
    this.pace.sent(transcript);
    await this.client.send(transcript satisfies StreamEvent);
  }
}

function transcriptOf(result: RecognitionResult__Output): PacedTranscript {
  const { utteranceId, text, isFinal, language, startMs, endMs } = result;
  return {
    type: 'transcript',
    utterance_id: utteranceId,
    text: text.trim(),
    is_final: isFinal,
    language,
    start_ms: startMs,
    end_ms: endMs,
  };
}
