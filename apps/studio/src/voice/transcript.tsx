import type { ReactNode } from 'react';
import { useTexts, type Translate } from '../texts/text-store.js';
import type { TextKey } from '../texts/en.data.js';
import { AssessmentView } from './assessment-view.js';
import { wordIn, type ConversationState, type SentenceView, type TurnOnPage } from './conversation-state.js';
import { ImprovedText } from './improved-text.js';
import type { PlaybackPosition } from './playback.js';
import type { GrammarMistake } from './voice-events.js';

/** What was said and answered, and what is being said: words that may still change look and read differently. */
export function TranscriptView(props: {
  readonly state: ConversationState;
  readonly playing: PlaybackPosition | undefined;
  /** Has the learner say a text; left out once the conversation has ended. */
  readonly onRepeat?: (text: string) => void;
}): ReactNode {
  const { t } = useTexts();
  const { turns, finals, open } = props.state;
  const committed = open.text.slice(0, open.committedLength);
  const changing = open.text.slice(open.committedLength);
  const isSpeaking = finals !== '' || open.text !== '';
  return (
    <section aria-label={t('talk.transcript')} className="transcript">
      <div role="log" aria-live="polite" aria-relevant="additions">
        <ol>
          {turns.map((turn) => (
            <li key={turn.id}>
              <Turn
                turn={turn}
                playing={props.playing?.messageId === turn.id ? props.playing : undefined}
                onRepeat={props.onRepeat}
                t={t}
              />
            </li>
          ))}
        </ol>
      </div>
      {/* Not read aloud while it changes: it becomes a turn. */}
      {isSpeaking && (
        <p className="said" data-testid="open" aria-live="off">
          <span className="speaker">{t('talk.you')}</span> <span className="committed">{finals}</span>{' '}
          <span className="committed">{committed}</span>
          {changing !== '' && (
            <span className="changing">
              {changing}
              <span className="unseen"> ({t('talk.open')})</span>
            </span>
          )}
        </p>
      )}
    </section>
  );
}

function Turn({
  turn,
  playing,
  onRepeat,
  t,
}: {
  readonly turn: TurnOnPage;
  readonly playing: PlaybackPosition | undefined;
  readonly onRepeat: ((text: string) => void) | undefined;
  readonly t: Translate;
}): ReactNode {
  const { said, sentences, status, feedback, scores, assessment } = turn;
  return (
    <>
      <p className="said">
        <span className="speaker">{t('talk.you')}</span>{' '}
        {feedback ? <Marked text={said} mistakes={feedback.errors} /> : said}
      </p>
      {sentences.length > 0 && (
        <p className="reply">
          <span className="speaker">{t('talk.coach')}</span>{' '}
          {sentences.map((sentence, index) => (
            <Sentence
              key={index}
              sentence={sentence}
              word={playing?.index === index ? playing.word : undefined}
            />
          ))}
        </p>
      )}
      {status === 'interrupted' && <p className="note">{t('talk.interrupted')}</p>}
      {status === 'failed' && <p className="note">{t('talk.failed')}</p>}
      {feedback && feedback.errors.length > 0 && (
        <details>
          <summary>
            {t('talk.corrections')} ({feedback.errors.length})
          </summary>
          <ul>
            {feedback.errors.map(({ text, correction, rule, explanation }, index) => (
              <li key={index}>
                <del>{text}</del> → <ins>{correction}</ins> <em>{rule}</em>. {explanation}
              </li>
            ))}
          </ul>
          <ImprovedText text={feedback.improved} {...(onRepeat ? { onRepeat } : {})} />
        </details>
      )}
      {assessment && <AssessmentView assessment={assessment} />}
      {(scores ?? feedback?.rubric) && <ScoreList scores={{ ...scores, ...feedback?.rubric }} t={t} />}
    </>
  );
}

/** A sentence of a reply; the word that is played is marked. */
function Sentence(props: { readonly sentence: SentenceView | undefined; readonly word: number | undefined }) {
  const { sentence, word } = props;
  if (!sentence) return null;
  const { text, words } = sentence;
  const marked = word === undefined ? undefined : wordIn(text, words, word);
  if (!marked) return <span>{text} </span>;
  return (
    <span>
      {text.slice(0, marked.start)}
      <span className="playing">{text.slice(marked.start, marked.end)}</span>
      {text.slice(marked.end)}{' '}
    </span>
  );
}

/** The text with its mistakes marked. They do not overlap, and stand in their order. */
function Marked(props: { readonly text: string; readonly mistakes: readonly GrammarMistake[] }): ReactNode {
  const { text, mistakes } = props;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const mistake of mistakes) {
    if (mistake.start < end) continue;
    parts.push(text.slice(end, mistake.start));
    parts.push(
      <mark key={mistake.start} title={`${mistake.correction}: ${mistake.rule}`}>
        {text.slice(mistake.start, mistake.end)}
      </mark>,
    );
    end = mistake.end;
  }
  return [...parts, text.slice(end)];
}

const SCORES = [
  ...['overall', 'fluency', 'pace', 'pauses', 'soundQuality'],
  ...['grammar', 'vocabulary', 'relevance', 'coherence'],
] as const;

/** Scores by name, with what they are out of. */
function ScoreList(props: {
  readonly scores: Readonly<Record<string, number | null>>;
  readonly t: Translate;
}): ReactNode {
  const { scores, t } = props;
  return (
    <dl className="scores" aria-label={t('talk.scores')}>
      {SCORES.map((name) => {
        const score = scores[name];
        if (score === undefined || score === null) return null;
        return (
          <div key={name}>
            <dt>{t(`score.${name}` as TextKey)}</dt>
            <dd>{Math.round(score)}</dd>
          </div>
        );
      })}
    </dl>
  );
}
