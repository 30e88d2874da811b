import * as Tabs from '@radix-ui/react-tabs';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { access, api, dataOf, faultIn } from '../api/api-client.js';
import { faultText } from '../fault-note.js';
import { useTexts } from '../texts/text-store.js';
import { MicrophoneFault } from '../voice/microphone.js';
import { problemText } from '../voice/assistant-page.js';
import { LiveListening, type LiveEvent, type LiveLatency } from './live-events.js';
import { OptionFields } from './option-fields.js';
import { curlCode, nodeCode, pythonCode, transcriptionFields, type RequestOptions } from './request-code.js';

/** What the gateway takes unless it is told otherwise (PARLANCE_MAX_UPLOAD). */
const USUAL_LIMIT_BYTES = 512 * 1024 ** 2;
/** Of raw events; the oldest go. */
const MOST_EVENTS = 500;

const INITIAL: RequestOptions = {
  model: 'whisper-1',
  language: '',
  responseFormat: 'json',
  prompt: '',
  temperature: '',
  words: false,
};

interface Answer {
  readonly text: string;
  readonly tookMs: number;
}

/** Where developers try recognition: a file or the microphone, the options as a form, the request as code, the answer as it comes. */
export function PlaygroundPage(): ReactNode {
  const { t } = useTexts();
  const [options, setOptions] = useState(INITIAL);
  const [file, setFile] = useState<File>();
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState('');
  const sending = useRef<AbortController>(undefined);
  const [isSending, setIsSending] = useState(false);
  const { data: models = [] } = useQuery({
    queryKey: ['models'],
    queryFn: async () => dataOf(await api.GET('/v1/models')).data.map(({ id }) => id),
  });
  useEffect(() => () => sending.current?.abort(), []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!file) return;
    const abort = new AbortController();
    sending.current = abort;
    setIsSending(true);
    setProblem('');
    try {
      setAnswer(await transcribe(file, options, abort.signal));
    } catch (error) {
      if (!abort.signal.aborted) setProblem(faultText(error as Error, t));
    } finally {
      setIsSending(false);
    }
  };
  return (
    <>
      <h1 tabIndex={-1}>{t('play.title')}</h1>
      <p>{t('play.text')}</p>
      <div className="columns">
        <form className="card" onSubmit={(event) => void submit(event)}>
          <FileField file={file} onFile={setFile} />
          <OptionFields options={options} models={models} onChange={setOptions} />
          <button type="submit" className="main" disabled={!file || isSending}>
            {t('play.send')}
          </button>{' '}
          {isSending && (
            <button type="button" onClick={() => sending.current?.abort()}>
              {t('play.cancel')}
            </button>
          )}
          {problem && (
            <p role="alert" className="problem">
              {problem}
            </p>
          )}
        </form>
        <div>
          <RequestCode file={file?.name ?? 'recording.wav'} options={options} />
          {answer && (
            <section aria-label={t('play.answer')}>
              <h2>{t('play.answer')}</h2>
              <p role="status">{t('play.total', { ms: answer.tookMs })}</p>
              <pre tabIndex={0}>{answer.text}</pre>
            </section>
          )}
          <LivePart language={options.language} />
        </div>
      </div>
    </>
  );
}

/** @throws Error with the fault's message */
async function transcribe(file: File, options: RequestOptions, signal: AbortSignal): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of transcriptionFields(options)) form.append(name, value);
  form.append('file', file);
  const token = (await access.token()) ?? '';
  const begun = performance.now();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch('/v1/audio/transcriptions', { method: 'POST', headers, body: form, signal });
  const text = await response.text();
  const tookMs = Math.round(performance.now() - begun);
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body: unknown = isJson ? JSON.parse(text) : undefined;
  if (!response.ok) throw new Error(faultIn(body).message || `HTTP ${response.status}`);
  return { text: isJson ? JSON.stringify(body, undefined, 2) : text, tookMs };
}

function FileField(props: {
  readonly file: File | undefined;
  readonly onFile: (file: File) => void;
}): ReactNode {
  const { file, onFile } = props;
  const { t } = useTexts();
  const [isOver, setIsOver] = useState(false);
  const size = file && `${(file.size / 1e6).toFixed(1)} MB`;
  return (
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        const dropped = event.dataTransfer.files[0];
        if (dropped) onFile(dropped);
      }}
    >
      <label>
        {t('play.drop')}{' '}
        <input
          type="file"
          accept="audio/*,video/*"
          onChange={({ target }) => target.files?.[0] && onFile(target.files[0])}
        />
      </label>
      {file && <p className="hint">{t('play.chosen', { name: file.name, size: size! })}</p>}
      {file && file.size > USUAL_LIMIT_BYTES && (
        <p role="alert" className="problem">
          {t('play.tooLarge', { size: size! })}
        </p>
      )}
    </div>
  );
}

const LANGUAGES_OF_CODE = { curl: curlCode, Python: pythonCode, Node: nodeCode } as const;

/** The request that the form makes, for those who want to make it themselves. */
function RequestCode(props: { readonly file: string; readonly options: RequestOptions }): ReactNode {
  const { file, options } = props;
  const { t } = useTexts();
  const [copied, setCopied] = useState('');
  return (
    <section aria-label={t('play.request')}>
      <h2>{t('play.request')}</h2>
      <Tabs.Root defaultValue="curl">
        <Tabs.List aria-label={t('play.request')}>
          {Object.keys(LANGUAGES_OF_CODE).map((name) => (
            <Tabs.Trigger key={name} value={name}>
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {Object.entries(LANGUAGES_OF_CODE).map(([name, write]) => {
          const code = write(location.origin, file, options);
          return (
            <Tabs.Content key={name} value={name}>
              <pre tabIndex={0}>{code}</pre>
              <button
                type="button"
                onClick={() => void navigator.clipboard.writeText(code).then(() => setCopied(code))}
              >
                {t(copied === code ? 'play.copied' : 'play.copy')}
              </button>
            </Tabs.Content>
          );
        })}
      </Tabs.Root>
    </section>
  );
}

/** The microphone, recognised live, with each event as it came. */
function LivePart(props: { readonly language: string }): ReactNode {
  const { t } = useTexts();
  const [events, setEvents] = useState<readonly LiveEvent[]>([]);
  const [latency, setLatency] = useState<LiveLatency>();
  const [problem, setProblem] = useState('');
  const [listening, setListening] = useState<LiveListening>();
  useEffect(() => () => listening?.stop(), [listening]);
  const start = async (): Promise<void> => {
    setEvents([]);
    setLatency(undefined);
    setProblem('');
    const live = new LiveListening(
      (event) => setEvents((before) => [...before.slice(1 - MOST_EVENTS), event]),
      (measured, fault) => {
        setLatency(measured);
        setListening(undefined);
        if (fault !== '') setProblem(t('problem.any', { message: fault }));
      },
    );
    setListening(live);
    try {
      await live.start(props.language === '' ? {} : { language: props.language });
    } catch (error) {
      setListening(undefined);
      setProblem(problemText(error instanceof MicrophoneFault ? error.problem : faultIn(error), t));
    }
  };
  return (
    <section aria-label={t('play.events')}>
      <h2>{t('play.events')}</h2>
      <button
        type="button"
        aria-pressed={!!listening}
        onClick={() => (listening ? listening.stop() : void start())}
      >
        {t(listening ? 'play.stopLive' : 'play.live')}
      </button>
      {problem && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
      {latency && (
        <div role="status" aria-label={t('play.latency')}>
          <ul>
            {latency.firstInterimMs !== undefined && (
              <li>{t('play.first', { ms: latency.firstInterimMs })}</li>
            )}
            {latency.lastFinalMs !== undefined && <li>{t('play.final', { ms: latency.lastFinalMs })}</li>}
          </ul>
        </div>
      )}
      {events.length > 0 && (
        <pre tabIndex={0}>{events.map(({ atMs, text }) => `${atMs} ms  ${text}`).join('\n')}</pre>
      )}
    </section>
  );
}
