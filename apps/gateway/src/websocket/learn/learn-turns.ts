import type {
  FeedbackReport,
  LearnEvent,
  LearnSummary,
  RecognitionResult__Output,
  SpeechReady,
  SpeechScores__Output,
  SpeechScoresJson,
  TurnEvent,
  TurnReplied,
} from '@parlance/contracts';
import type { FeedbackLedger } from '../../live/feedback-ledger.js';
import type { PlayedReply } from '../../live/playback.js';
import type { TurnTaken } from '../../live/session-turns.js';

type EventOf<Type extends LearnEvent['type']> = Extract<LearnEvent, { type: Type }>;

interface LearnTurn {
  readonly id: string;
  readonly utteranceId: string;
  readonly scores: SpeechScores__Output | null | undefined;
  /** By their index. */
  readonly sentences: Map<number, string>;
  spoken: number;
  reply: TurnReplied | undefined;
  isComplete: boolean;
}

/** Follows the turns of a learning session: what its client is told of them, and what they come to. */
export class LearnTurns {
  private readonly turns = new Map<string, LearnTurn>();
  /** Finals whose turns are still being stored. */
  private readonly scores = new Map<string, SpeechScores__Output | null | undefined>();
  private wordCount = 0;
  private speechMs = 0;

  constructor(private readonly feedback: FeedbackLedger) {}

  get count(): number {
    return this.turns.size;
  }

  get words(): number {
    return this.wordCount;
  }

  /** A result of recognition, interim or final. */
  spoken(result: RecognitionResult__Output): EventOf<'transcription'> {
    const { utteranceId, text, isFinal, language, startMs, endMs, measures, words, scores } = result;
    if (isFinal && text.trim() !== '') {
      this.scores.set(utteranceId, scores);
      this.wordCount += measures?.wordCount ?? words.length;
      this.speechMs += measures?.speechMs ?? endMs - startMs;
    }
    return {
      type: 'transcription',
      utterance_id: utteranceId,
      text,
      is_final: isFinal,
      language,
      start_ms: startMs,
      end_ms: endMs,
    };
  }

  /** An utterance was stored as a turn. */
  began({ identity: { turn }, utteranceId }: TurnTaken): void {
    const scores = this.scores.get(utteranceId);
    this.scores.delete(utteranceId);
    const fresh = { id: turn, utteranceId, scores, sentences: new Map(), spoken: 0 };
    this.turns.set(turn, { ...fresh, reply: undefined, isComplete: false });
    this.feedback.expect(turn);
  }

  /** Whether something of the turn's reply may still be told. */
  isOpen(turn: string): boolean {
    return this.turns.get(turn)?.isComplete === false;
  }

  /** @returns what the client is told; nothing of a turn that is complete. The audio of a sentence is sent by `audio` first */
  happened({ name, data }: TurnEvent): EventOf<'feedback' | 'turn_complete'>[] {
    const turn = this.turns.get(data.identity.turn);
    if (!turn) return [];
    switch (name) {
      case 'reply.sentence':
        turn.sentences.set(data.index, data.text);
        return [];
      case 'turn.feedback':
        this.feedback.add(turn.id, data.report);
        return [feedbackOf(turn, data.report)];
      case 'turn.replied':
        turn.reply = data;
        return this.completed(turn);
      case 'speech.ready':
      case 'speech.failed':
        turn.spoken += 1;
        return this.completed(turn);
      case 'turn.failed':
        this.feedback.miss(turn.id);
        return this.ended(turn, 'failed');
    }
  }

  /** A sentence with its sound; undefined where nothing more of its turn is told.
   *  @param pcm  24 kHz mono s16le */
  audio(ready: SpeechReady, pcm: Buffer, rateHz: number): EventOf<'audio'> | undefined {
    const turn = this.turns.get(ready.identity.turn);
    if (!turn || turn.isComplete) return undefined;
    return {
      type: 'audio',
      turn_id: turn.id,
      index: ready.index,
      text: turn.sentences.get(ready.index) ?? '',
      data: pcm.toString('base64'),
      sample_rate: rateHz,
      duration_ms: ready.durationMs,
    };
  }

  /** The learner spoke while a reply was played. */
  interrupted({ turn: id, text }: PlayedReply): EventOf<'turn_complete'>[] {
    const turn = this.turns.get(id);
    return turn ? this.ended(turn, 'interrupted', text) : [];
  }

  /** @param durationMs  of the session */
  summary(durationMs: number): LearnSummary {
    const all = [...this.turns.values()];
    const reports = all.map(({ id }) => this.feedback.reportOf(id));
    const errors = new Map<string, number>();
    for (const { rule } of reports.flatMap((report) => report?.errors ?? []))
      errors.set(rule, (errors.get(rule) ?? 0) + 1);
    return {
      turns: all.length,
      words: this.wordCount,
      duration_ms: durationMs,
      speech_ms: this.speechMs,
      mean_scores: meanScores(all.flatMap(({ scores }) => scores ?? [])),
      errors_by_rule: Object.fromEntries(errors),
      turns_without_feedback: reports.filter((report) => !report).length,
    };
  }

  private completed(turn: LearnTurn): EventOf<'turn_complete'>[] {
    if (!turn.reply) return [];
    const toBeSpoken = turn.reply.speak ? turn.reply.sentences : 0;
    return turn.spoken < toBeSpoken ? [] : this.ended(turn, 'answered');
  }

  private ended(
    turn: LearnTurn,
    status: EventOf<'turn_complete'>['status'],
    text = turn.reply?.text ?? '',
  ): EventOf<'turn_complete'>[] {
    if (turn.isComplete) return [];
    turn.isComplete = true;
    turn.sentences.clear();
    const { id, utteranceId, reply } = turn;
    const { sentences = 0, model = '', corrections = [], degraded = [] } = reply ?? {};
    return [
      {
        type: 'turn_complete',
        turn_id: id,
        utterance_id: utteranceId,
        status,
        text,
        sentences,
        model,
        corrections,
        degraded,
      },
    ];
  }
}

function feedbackOf({ id, utteranceId, scores }: LearnTurn, report: FeedbackReport): EventOf<'feedback'> {
  return {
    type: 'feedback',
    turn_id: id,
    utterance_id: utteranceId,
    ...(scores ? { scores } : {}),
    report,
  };
}

/** The mean of each score, to one decimal; null of none. */
function meanScores(scores: readonly SpeechScoresJson[]): SpeechScoresJson | null {
  if (scores.length === 0) return null;
  const mean = (name: keyof SpeechScoresJson): number => {
    const sum = scores.reduce((total, one) => total + one[name], 0);
    return Math.round((10 * sum) / scores.length) / 10;
  };
  return {
    fluency: mean('fluency'),
    pace: mean('pace'),
    pauses: mean('pauses'),
    soundQuality: mean('soundQuality'),
    overall: mean('overall'),
  };
}
