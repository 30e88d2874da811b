import {
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type FormEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import { useTexts, type Translate } from '../texts/text-store.js';
import { linkTo } from '../router.js';
import type { TextKey } from '../texts/en.data.js';
import { Conversation, type VoiceSettings } from './conversation.js';
import type { ConversationState, Problem } from './conversation-state.js';
import { keepSpokenLanguage, SpokenLanguage, spokenLanguage } from './spoken-language.js';
import { TranscriptView } from './transcript.js';

type Mode = 'handsFree' | 'pushToTalk';

/** `false` where a person does not want to be scored. */
const ASSESS_STORED_AS = 'parlance.assess';

/** The voice assistant: one conversation, from the first click to its summary. */
export function AssistantPage(): ReactNode {
  const { t } = useTexts();
  const [language, setLanguage] = useState(spokenLanguage);
  const [assess, setAssess] = useState(() => localStorage.getItem(ASSESS_STORED_AS) !== 'false');
  const [round, setRound] = useState(0);
  const [scenario] = useState(() => new URLSearchParams(location.search).get('scenario') ?? undefined);
  const choose = (chosen: string): void => {
    keepSpokenLanguage(chosen);
    setLanguage(chosen);
    setRound(round + 1);
  };
  return (
    <>
      <h1 tabIndex={-1}>{t('talk.title')}</h1>
      <ConversationPanel
        key={`${language} ${assess} ${round}`}
        language={language}
        assess={assess}
        onAssess={(chosen) => {
          localStorage.setItem(ASSESS_STORED_AS, String(chosen));
          setAssess(chosen);
        }}
        scenario={scenario}
        onLanguage={choose}
        onAgain={() => setRound(round + 1)}
      />
    </>
  );
}

function ConversationPanel(props: {
  readonly language: string;
  /** Code of the scenario to be played; undefined: none. */
  readonly scenario: string | undefined;
  readonly onLanguage: (language: string) => void;
  readonly assess: boolean;
  readonly onAssess: (assess: boolean) => void;
  readonly onAgain: () => void;
}): ReactNode {
  const { language, scenario, assess, onLanguage, onAssess, onAgain } = props;
  const { t } = useTexts();
  const meter = useRef<HTMLMeterElement>(null);
  const conversation = useConversation({ language, scenario, assess }, meter);
  const state = useSyncExternalStore(conversation.subscribe, conversation.state);
  const playing = useSyncExternalStore(conversation.subscribe, conversation.playing);
  const [mode, setMode] = useState<Mode>('handsFree');
  const hasBegun = state.connection !== 'idle' || state.isListening;
  const hasEnded = state.connection === 'ended';
  const problem = state.problem && problemText(state.problem, t);
  return (
    <>
      {scenario && <p className="note">{t('talk.scenario', { code: scenario })}</p>}
      {!hasBegun && <p className="why">{t('talk.why')}</p>}
      <p role="status" className={`status ${state.activity}`}>
        {statusText(state, t)}
      </p>
      {problem && (
        <p role="alert" className="problem">
          {problem}{' '}
          {state.problem === 'playback' && (
            <button type="button" onClick={() => void conversation.allowSound()}>
              {t('talk.listen')}
            </button>
          )}
        </p>
      )}
      {state.toRepeat !== '' && (
        <p className="note" role="status">
          {t('talk.sayThis')}: <q>{state.toRepeat}</q>{' '}
          <button type="button" onClick={() => void conversation.stopRepeating()}>
            {t('talk.stopRepeating')}
          </button>
        </p>
      )}
      {state.browserRecognizes && <p className="note">{t('talk.browserHears')}</p>}
      {state.browserSpeaks && <p className="note">{t('talk.browserSpeaks')}</p>}
      <TranscriptView
        state={state}
        playing={playing}
        {...(hasEnded ? {} : { onRepeat: (text: string) => void conversation.repeat(text) })}
      />
      {hasEnded ? (
        <p className="ways">
          <button type="button" className="main" onClick={onAgain}>
            {t('talk.again')}
          </button>{' '}
          {conversation.sessionId() && (
            <a {...linkTo(`/summary?session=${conversation.sessionId()}`)}>{t('talk.ofSession')}</a>
          )}
        </p>
      ) : (
        <div className="controls">
          <ListenButton conversation={conversation} mode={mode} isListening={state.isListening} t={t} />
          <meter ref={meter} min={0} max={0.3} aria-label={t('talk.level')} />
          {(state.activity === 'speaking' || state.activity === 'paused') && (
            <button type="button" onClick={() => conversation.interrupt()}>
              {t('talk.interrupt')}
            </button>
          )}
          <fieldset disabled={state.isListening}>
            <legend>{t('talk.mode')}</legend>
            {(['handsFree', 'pushToTalk'] as const).map((one) => (
              <label key={one}>
                <input type="radio" name="mode" checked={mode === one} onChange={() => setMode(one)} />
                {t(`talk.${one}`)}
              </label>
            ))}
          </fieldset>
          {!hasBegun && <SpokenLanguage language={language} onChange={onLanguage} />}
          {!hasBegun && (
            <label>
              <input type="checkbox" checked={assess} onChange={({ target }) => onAssess(target.checked)} />
              {t('talk.assess')}
            </label>
          )}
          <TypedTurn onText={(text) => void conversation.say(text)} t={t} />
          {hasBegun && (
            <button type="button" onClick={() => void conversation.end()}>
              {t('talk.end')}
            </button>
          )}
        </div>
      )}
    </>
  );
}

/** A conversation that lives as long as the component. */
function useConversation(settings: VoiceSettings, meter: RefObject<HTMLMeterElement | null>): Conversation {
  const [conversation] = useState(
    () =>
      new Conversation(settings, (level) => {
        // Fifty times a second: not worth a rendering.
        if (meter.current) meter.current.value = level;
      }),
  );
  useEffect(() => () => conversation.close(), [conversation]);
  return conversation;
}

/** Hands-free it starts and stops listening; else it listens while it, or the space bar, is held. */
function ListenButton(props: {
  readonly conversation: Conversation;
  readonly mode: Mode;
  readonly isListening: boolean;
  readonly t: Translate;
}): ReactNode {
  const { conversation, mode, isListening, t } = props;
  const press = (): void => void conversation.listen();
  const release = (): void => void conversation.stopListening();
  if (mode === 'handsFree')
    return (
      <button
        type="button"
        className="main"
        aria-pressed={isListening}
        onClick={isListening ? release : press}
      >
        {t(isListening ? 'talk.stop' : 'talk.start')}
      </button>
    );
  return (
    <div>
      <button
        type="button"
        className="main"
        aria-pressed={isListening}
        aria-describedby="hold-hint"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          press();
        }}
        onPointerUp={release}
        onPointerCancel={release}
        onKeyDown={(event) => {
          if (event.key === ' ' && !event.repeat) press();
        }}
        onKeyUp={(event) => {
          if (event.key === ' ') release();
        }}
        onBlur={() => isListening && release()}
      >
        {t('talk.hold')}
      </button>
      <p id="hold-hint" className="hint">
        {t('talk.holdHint')}
      </p>
    </div>
  );
}

function TypedTurn(props: { readonly onText: (text: string) => void; readonly t: Translate }): ReactNode {
  const { onText, t } = props;
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    onText(text.trim());
    setText('');
  };
  return (
    <form className="typed" onSubmit={submit}>
      <label>
        {t('talk.type')}
        <input value={text} maxLength={2_000} onChange={({ target }) => setText(target.value)} />
      </label>
      <button type="submit">{t('talk.send')}</button>
    </form>
  );
}

function statusText(state: ConversationState, t: Translate): string {
  const { connection, activity, isListening, summary } = state;
  if (connection === 'ended')
    return t('status.ended', { turns: summary?.turns ?? 0, words: summary?.words ?? 0 });
  if (connection === 'reconnecting') return t('status.reconnecting');
  if (connection === 'connecting') return t('status.connecting');
  if (activity !== 'ready') return t(`status.${activity}`);
  if (isListening) return t('status.listening');
  return t(connection === 'idle' ? 'status.idle' : 'status.ready');
}

/** What a person can do about a problem. */
export function problemText(problem: Problem, t: Translate): string {
  if (typeof problem === 'string') return t(`problem.${problem}` as TextKey);
  const { code, message } = problem;
  if (code === 'auth.expired_token' || code === 'auth.invalid_token') return t('access.expired');
  if (code.startsWith('quota.')) return t(code === 'quota.exceeded' ? 'problem.busyServer' : 'problem.quota');
  if (code.startsWith('inference.')) return t('problem.busyServer');
  return t('problem.any', { message });
}
