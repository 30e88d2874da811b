import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import type { TextKey } from '../texts/en.data.js';
import { useTexts, type Translate } from '../texts/text-store.js';
import { MicrophoneFault } from '../voice/microphone.js';
import { forgetExam, keepExam, keptExam, type ExamProgress } from './exam-progress.js';
import { ExamRecording } from './exam-recording.js';

interface RunningExam extends ExamProgress {
  readonly recording: ExamRecording;
}

const TICK_MS = 200;
/** How often an answer is asked for that is still being judged, ms. */
const POLL_MS = 1_000;

/** Speaking exams: a prompt, time to prepare, time to speak, marks. */
export function ExamSection(): ReactNode {
  const { t } = useTexts();
  const [running, setRunning] = useState<RunningExam>();
  const [answered, setAnswered] = useState<string>();
  const [kept, setKept] = useState(keptExam);
  const prompts = useQuery({
    queryKey: ['exam-prompts'],
    queryFn: async () => dataOf(await api.GET('/api/v1/practice/exam-prompts')).prompts,
  });
  const beginning = useMutation({
    mutationFn: async (prompt: string) => {
      const recording = await ExamRecording.open();
      try {
        const exam = dataOf(await api.POST('/api/v1/practice/exams', { body: { prompt } }));
        const progress = { exam, offsetMs: Date.now() - Date.parse(exam.started_at) };
        keepExam(progress);
        return { ...progress, recording };
      } catch (error) {
        await recording.close();
        throw error;
      }
    },
    onSuccess: (begun) => {
      setAnswered(undefined);
      setRunning(begun);
    },
  });
  const resuming = useMutation({
    mutationFn: async (progress: ExamProgress) => ({
      ...progress,
      recording: await ExamRecording.open(true),
    }),
    onSuccess: setRunning,
  });
  const end = (): void => {
    forgetExam();
    setKept(undefined);
    setRunning(undefined);
  };
  const error = beginning.error ?? resuming.error;
  if (running)
    return (
      <ExamClock
        running={running}
        onAnswered={(id) => {
          end();
          setAnswered(id);
        }}
        onDropped={end}
        t={t}
      />
    );
  if (kept)
    return (
      <section className="card" aria-label={t('practice.exams')}>
        <p role="status">{t('exams.resume')}</p>
        <p lang="en">
          <strong>{kept.exam.question}</strong>
        </p>
        <ExamFault error={error} t={t} />
        <button type="button" className="main" onClick={() => resuming.mutate(kept)}>
          {t('exams.goOn')}
        </button>{' '}
        <button type="button" onClick={end}>
          {t('exams.dropped')}
        </button>
      </section>
    );
  return (
    <>
      <p>{t('exams.text')}</p>
      <ExamFault error={error ?? prompts.error} t={t} />
      {answered !== undefined && <ExamResult id={answered} t={t} />}
      <ul className="cards">
        {prompts.data?.map(({ id, topic, level, preparation_seconds: prepare, speaking_seconds: speak }) => (
          <li key={id} className="card">
            <button type="button" disabled={beginning.isPending} onClick={() => beginning.mutate(id)}>
              {t('exams.begin')}: {topic}
            </button>
            <p className="note">
              {level} · {t('exams.times', { prepare, speak })}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function ExamFault(props: { readonly error: Error | null; readonly t: Translate }): ReactNode {
  const { error, t } = props;
  if (!(error instanceof MicrophoneFault)) return <FaultNote error={error} />;
  return (
    <p role="alert" className="problem">
      {t(`problem.${error.problem}` as TextKey)}
    </p>
  );
}

/** What is wrong with the microphone in the middle, and the way on. */
function ExamMicrophone(props: { readonly recording: ExamRecording; readonly t: Translate }): ReactNode {
  const { recording, t } = props;
  const problem = useSyncExternalStore(recording.subscribe, recording.problem);
  const opening = useMutation({ mutationFn: () => recording.reopen() });
  if (!problem) return null;
  return (
    <>
      <p role="alert" className="problem">
        {t(problem === 'gone' ? 'exams.gone' : 'problem.silent')}
      </p>
      {problem === 'gone' && (
        <button type="button" disabled={opening.isPending} onClick={() => opening.mutate()}>
          {t('exams.goOn')}
        </button>
      )}
      <ExamFault error={opening.error} t={t} />
    </>
  );
}

/** The prompt and the seconds left, first to prepare and then to speak; sends what was said when the time is over. */
function ExamClock(props: {
  readonly running: RunningExam;
  readonly onAnswered: (exam: string) => void;
  readonly onDropped: () => void;
  readonly t: Translate;
}): ReactNode {
  const { running, onAnswered, onDropped, t } = props;
  const { exam, offsetMs, recording } = running;
  const [now, setNow] = useState(() => Date.now() - offsetMs);
  const sending = useMutation({
    mutationFn: async () => {
      const turn = await recording.send();
      const params = { path: { id: exam.id } };
      dataOf(await api.POST('/api/v1/practice/exams/{id}/answer', { params, body: { turn } }));
    },
    onSuccess: () => onAnswered(exam.id),
  });
  const { mutate: send, isIdle } = sending;
  const isSpeaking = now >= Date.parse(exam.speaking_from);
  const left = Date.parse(isSpeaking ? exam.speaking_until : exam.speaking_from) - now;
  const isOver = isSpeaking && left <= 0;
  // A component that React mounts twice must not send twice.
  const isSent = useRef(false);
  const finish = (): void => {
    if (isSent.current) return;
    isSent.current = true;
    send();
  };
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() - offsetMs), TICK_MS);
    return () => clearInterval(timer);
  }, [offsetMs]);
  useEffect(() => () => void recording.close(), [recording]);
  useEffect(() => {
    if (isSpeaking) recording.begin();
    if (isOver) finish();
  });
  return (
    <section className="card" aria-label={t('practice.exams')}>
      <p lang="en">
        <strong>{exam.question}</strong>
      </p>
      {isIdle ? (
        <>
          {/* Read aloud when it changes from one to the other; the seconds are not. */}
          <p role="status" className="status">
            {t(isSpeaking ? 'exams.speak' : 'exams.prepare')}
          </p>
          <ExamMicrophone recording={recording} t={t} />
          <p className="clock" role="timer">
            {t('exams.left', { seconds: Math.max(0, Math.ceil(left / 1_000)) })}
          </p>
          {isSpeaking && (
            <button type="button" className="main" onClick={finish}>
              {t('exams.finish')}
            </button>
          )}
        </>
      ) : (
        <p role="status">{sending.isPending && t('exams.sending')}</p>
      )}
      <FaultNote error={sending.error} />
      {sending.error && (
        <>
          <button type="button" onClick={() => send()}>
            {t('page.retry')}
          </button>{' '}
          <button type="button" onClick={onDropped}>
            {t('exams.dropped')}
          </button>
        </>
      )}
    </section>
  );
}

/** The marks of an exam, once it is judged. */
function ExamResult(props: { readonly id: string; readonly t: Translate }): ReactNode {
  const { id, t } = props;
  const { data, error } = useQuery({
    queryKey: ['exam', id],
    queryFn: async () => dataOf(await api.GET('/api/v1/practice/exams/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data?.result ? false : POLL_MS),
  });
  const result = data?.result;
  return (
    <section className="card" aria-label={t('exams.result')}>
      <FaultNote error={error} />
      <p role="status">{result ? t('exams.total', { total: result.total }) : t('exams.judging')}</p>
      {result && (
        <>
          <dl className="scores">
            {(['delivery', 'language', 'content', 'timing'] as const).map((name) => (
              <div key={name}>
                <dt>{t(`exams.${name}`)}</dt>
                <dd>{result.marks[name]}</dd>
              </div>
            ))}
          </dl>
          <p className="said" lang="en">
            {result.transcript}
          </p>
          <ul>
            {result.remarks.map((remark) => (
              <li key={remark}>{remark}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
