/** What the page reads of the browsers' SpeechRecognition (Web Speech API). */
interface Recognition {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  onresult: ((event: RecognitionEvent) => void) | null;
  onerror: ((event: { readonly error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
}

interface RecognitionEvent {
  readonly resultIndex: number;
  readonly results: ArrayLike<{ readonly isFinal: boolean } & ArrayLike<{ readonly transcript: string }>>;
}

type RecognitionClass = new () => Recognition;

/** Of faults behind which it is of no use to start again; others come by themselves, as silence does. */
const ENDING_FAULTS: ReadonlySet<string> = new Set([
  ...['not-allowed', 'service-not-allowed', 'audio-capture', 'network', 'language-not-supported'],
]);

/** The browser's own recognition, for as long as the server has none. */
export class BrowserRecognition {
  private isWanted = true;

  private constructor(private readonly recognition: Recognition) {}

  /** Listens until it is stopped. @param language  a code; empty: the browser's own language
   *  @param onText  is told interims and finals  @param onFault  it has ended by itself
   *  @returns undefined where the browser has none */
  static start(
    language: string,
    onText: (text: string, isFinal: boolean) => void,
    onFault: () => void,
  ): BrowserRecognition | undefined {
    const { SpeechRecognition, webkitSpeechRecognition } = globalThis as {
      SpeechRecognition?: RecognitionClass;
      webkitSpeechRecognition?: RecognitionClass;
    };
    const Known = SpeechRecognition ?? webkitSpeechRecognition;
    if (!Known) return undefined;
    const recognition = new Known();
    const listening = new BrowserRecognition(recognition);
    Object.assign(recognition, { lang: language, continuous: true, interimResults: true });
    recognition.onresult = ({ resultIndex, results }) => {
      const news = Array.from(results).slice(resultIndex);
      for (const { 0: best } of news.filter(({ isFinal }) => isFinal)) onText(best!.transcript.trim(), true);
      const interim = news.filter(({ isFinal }) => !isFinal).map(({ 0: best }) => best!.transcript);
      if (interim.length > 0) onText(interim.join('').trim(), false);
    };
    recognition.onerror = ({ error }) => {
      if (!listening.isWanted || !ENDING_FAULTS.has(error)) return;
      listening.stop();
      onFault();
    };
    // Browsers end it after a silence.
    recognition.onend = () => {
      if (listening.isWanted) recognition.start();
    };
    recognition.start();
    return listening;
  }

  stop(): void {
    this.isWanted = false;
    this.recognition.stop();
  }
}

/** Reads a text by the browser's own voice. @returns whether it was read to its end */
export function speakInBrowser(text: string, language: string): Promise<boolean> {
  const { speechSynthesis } = globalThis as { speechSynthesis?: SpeechSynthesis };
  if (!speechSynthesis) return Promise.resolve(false);
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  utterance.addEventListener('end', () => resolve(true));
  utterance.addEventListener('error', () => resolve(false));
  speechSynthesis.speak(utterance);
  return promise;
}

export function silenceBrowser(): void {
  (globalThis as { speechSynthesis?: SpeechSynthesis }).speechSynthesis?.cancel();
}
